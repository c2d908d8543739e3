using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Checking;

/// <summary>What the host says of itself, and of who may trace on it.</summary>
internal static class HostFacts
{
    // capability.h
    private static readonly (string Name, int Bit)[] Capabilities =
        [("CAP_SYS_ADMIN", 21), ("CAP_BPF", 39), ("CAP_PERFMON", 38), ("CAP_SYS_PTRACE", 19), ("CAP_SYS_RESOURCE", 24)];

    /// <summary>A name and what there is to say, for each.</summary>
    public static IEnumerable<(string Name, string Value)> All()
    {
        yield return ("kernel", $"Linux {Read("/proc/sys/kernel/osrelease")} {RuntimeInformation.OSArchitecture}, {Read("/proc/sys/kernel/version")}");
        yield return ("distribution", Distribution());
        yield return ("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        yield return ("user", Environment.IsPrivilegedProcess ? "root" : $"{Environment.UserName}: tracing needs root");
        yield return ("capabilities", HeldCapabilities());
        yield return ("lockdown", Lockdown());
        yield return ("unprivileged_bpf_disabled", Read("/proc/sys/kernel/unprivileged_bpf_disabled"));
        yield return ("perf_event_paranoid", Read("/proc/sys/kernel/perf_event_paranoid"));
        yield return ("bpf_jit_enable", Read("/proc/sys/net/core/bpf_jit_enable"));
        yield return ("kernel types (BTF)", File.Exists("/sys/kernel/btf/vmlinux") ? "/sys/kernel/btf/vmlinux" : "none");
        yield return ("uprobe events", Read("/sys/bus/event_source/devices/uprobe/type") is "not readable" ? "none" : "in sysfs");
    }

    private static string Distribution() =>
        Lines("/etc/os-release").FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"') ?? "not told";

    private static string HeldCapabilities()
    {
        string? line = Lines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        if (line is null || !ulong.TryParse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong held)) return "not told";
        return string.Join(", ", Capabilities.Select(capability => $"{capability.Name} {((held >> capability.Bit & 1) != 0 ? "yes" : "no")}"));
    }

    // The chosen one of several words is in brackets.
    private static string Lockdown()
    {
        string text = Read("/sys/kernel/security/lockdown");
        int start = text.IndexOf('[', StringComparison.Ordinal), end = text.IndexOf(']', StringComparison.Ordinal);
        if (start < 0 || end < start) return "not told";
        string chosen = text[(start + 1)..end];
        return chosen == "confidentiality" ? "confidentiality: programs may not read memory, tracing cannot work" : chosen;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "not readable";
        }
    }

    private static string[] Lines(string path) => Read(path).Split('\n');
}
