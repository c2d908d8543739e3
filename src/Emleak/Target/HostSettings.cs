using System.Globalization;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Kernel;

namespace Emleak.Target;

/// <summary>Settings of the host that decide who may trace what.</summary>
internal static class HostSettings
{
    /// <summary>What <see cref="Read"/> gives for what cannot be read.</summary>
    public const string Unreadable = "not readable";

    private const string Confidentiality = "confidentiality";

    // errno(3)
    private const int NotPermitted = 1, AccessDenied = 13;

    /// <summary>How far the kernel is locked down: a word, or "not told".</summary>
    public static string Lockdown
    {
        get
        {
            // The chosen one of several words is in brackets. The file is in securityfs, which not every host mounts.
            string text = Read("/sys/kernel/security/lockdown");
            int start = text.IndexOf('[', StringComparison.Ordinal), end = text.IndexOf(']', StringComparison.Ordinal);
            if (start >= 0 && end > start) return text[(start + 1)..end];
            const string Option = "lockdown=";
            string? booted = Read("/proc/cmdline").Split(' ').LastOrDefault(word => word.StartsWith(Option, StringComparison.Ordinal));
            return booted?[Option.Length..] ?? "not told";
        }
    }

    /// <summary>True when programs may not read memory.</summary>
    public static bool IsConfidential => Lockdown == Confidentiality;

    /// <summary>Gives what the kernel refuses an exit code, and names the setting that stands in the way if one is known to.</summary>
    public static EmleakException Explain(BpfException refusal)
    {
        if (Behind(refusal) is string setting) return new EmleakException(ExitCode.NotPermitted, setting, refusal);
        if (refusal is not FeatureNotSupportedException feature) return new EmleakException(ExitCode.Failure, refusal.Message, refusal);
        string advice = feature.Feature == KernelFeatures.VmlinuxBtf.Name ? ": --btf FILE gives it to emleak" : "";
        return new EmleakException(ExitCode.KernelNotSupported, refusal.Message + advice, refusal);
    }

    /// <summary>A small file's text without the space around it.</summary>
    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return Unreadable;
        }
    }

    private static string? Behind(BpfException refusal)
    {
        if (IsConfidential)
            return "the kernel is locked down (lockdown=confidentiality), so BPF programs may not read memory: it has to be booted with lockdown=integrity or without";
        if (refusal.ErrorNumber is not (NotPermitted or AccessDenied)) return null;
        string paranoia = Read("/proc/sys/kernel/perf_event_paranoid");
        if (!Permission.IsAdministrator && int.TryParse(paranoia, CultureInfo.InvariantCulture, out int level) && level > 2)
            return $"kernel.perf_event_paranoid={level} leaves perf events to root: set it to 2, or run emleak as root ({FirstLine(refusal.Message)})";
        if (!Permission.IsAdministrator)
            return $"without links to uprobes (Linux 6.10) tracing takes CAP_SYS_ADMIN: {FirstLine(refusal.Message)}";
        if (Read("/proc/self/status").Contains("\nSeccomp:\t2", StringComparison.Ordinal))
            return $"a seccomp filter, as containers have, may forbid it: {FirstLine(refusal.Message)}";
        return null;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('\r');
}
