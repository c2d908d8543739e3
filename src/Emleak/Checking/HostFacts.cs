using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.Target;

namespace Emleak.Checking;

/// <summary>What the host says of itself, and of who may trace on it.</summary>
internal static class HostFacts
{
    /// <summary>A name and what there is to say, for each.</summary>
    public static IEnumerable<(string Name, string Value)> All()
    {
        yield return ("kernel", $"Linux {Read("/proc/sys/kernel/osrelease")} {RuntimeInformation.OSArchitecture}, {Read("/proc/sys/kernel/version")}");
        yield return ("distribution", Distribution());
        yield return ("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        yield return ("user", Environment.UserName);
        yield return ("capabilities", Capabilities());
        yield return ("lockdown", Lockdown());
        yield return ("unprivileged_bpf_disabled", Read("/proc/sys/kernel/unprivileged_bpf_disabled"));
        yield return ("perf_event_paranoid", Read("/proc/sys/kernel/perf_event_paranoid"));
        yield return ("bpf_jit_enable", Read("/proc/sys/net/core/bpf_jit_enable"));
        yield return ("kernel types (BTF)", File.Exists("/sys/kernel/btf/vmlinux") ? "/sys/kernel/btf/vmlinux" : "none");
        yield return ("uprobe events", Read("/sys/bus/event_source/devices/uprobe/type") is HostSettings.Unreadable ? "none" : "in sysfs");
    }

    private static string Distribution() =>
        Read("/etc/os-release").Split('\n').FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"') ?? "not told";

    private static string Capabilities() => string.Join(", ", Permission.All.Select(capability => $"{capability.Name} {(capability.IsHeld ? "yes" : "no")}"));

    private static string Lockdown() =>
        HostSettings.IsConfidential ? $"{HostSettings.Lockdown}: programs may not read memory, tracing cannot work" : HostSettings.Lockdown;

    private static string Read(string path) => HostSettings.Read(path);
}
