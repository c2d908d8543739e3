using System.Globalization;

namespace Emleak.Target;

/// <summary>What this process may do, by the capabilities that it holds (capabilities(7)).</summary>
internal static class Permission
{
    private const int Kill = 5, SysPtrace = 19, SysAdmin = 21, SysResource = 24, Perfmon = 38, Bpf = 39;

    private static readonly Lazy<ulong> HeldBits = new(ReadHeld);

    /// <summary>Those that matter, and whether this process holds them.</summary>
    public static IEnumerable<(string Name, bool IsHeld)> All =>
    [
        ("CAP_SYS_ADMIN", Holds(SysAdmin)), ("CAP_BPF", Holds(Bpf)), ("CAP_PERFMON", Holds(Perfmon)),
        ("CAP_SYS_PTRACE", Holds(SysPtrace)), ("CAP_KILL", Holds(Kill)), ("CAP_SYS_RESOURCE", Holds(SysResource)),
    ];

    /// <summary>True for who is asked no further questions where programs and events are concerned.</summary>
    public static bool IsAdministrator => Holds(SysAdmin);

    /// <summary>Why this process may not trace others; null when it may.</summary>
    public static string? WhyNotTrace
    {
        get
        {
            string[] missing = [.. Missing()];
            if (missing.Length == 0) return null;
            string others = KnowsBpf ? "CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE" : "CAP_SYS_ADMIN and CAP_SYS_PTRACE";
            return $"tracing another process needs root, or {others}; missing: {string.Join(", ", missing)}";
        }
    }

    // Since 5.8; before it CAP_SYS_ADMIN stood for both.
    private static bool KnowsBpf =>
        !int.TryParse(HostSettings.Read("/proc/sys/kernel/cap_last_cap"), CultureInfo.InvariantCulture, out int last) || last >= Bpf;

    private static IEnumerable<string> Missing()
    {
        if (!Holds(SysAdmin))
        {
            if (!KnowsBpf) yield return "CAP_SYS_ADMIN";
            if (KnowsBpf && !Holds(Bpf)) yield return "CAP_BPF";
            if (KnowsBpf && !Holds(Perfmon)) yield return "CAP_PERFMON";
        }

        if (!Holds(SysPtrace)) yield return "CAP_SYS_PTRACE";
    }

    private static bool Holds(int capability) => (HeldBits.Value >> capability & 1) != 0;

    private static ulong ReadHeld()
    {
        const string Field = "CapEff:";
        string? line = HostSettings.Read("/proc/self/status").Split('\n').FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
        // Where /proc does not say, the kernel will.
        return line is not null && ulong.TryParse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong held) ? held : ulong.MaxValue;
    }
}
