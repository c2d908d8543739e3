using System.Globalization;

namespace Emleak.BpfLoader.Kernel;

/// <summary>What this process may do.</summary>
internal static class ProcessRights
{
    private const string StatusPath = "/proc/self/status";
    private const string Effective = "CapEff:";
    private const int NetworkAdministrator = 12;
    private const int SystemAdministrator = 21;
    private const int PerformanceMonitor = 38;
    private const int Bpf = 39;

    /// <summary>True when it has the rights that BPF for tracing needs, so that an EPERM has another reason.</summary>
    public static bool MayTrace() => Has(PerformanceMonitor, Bpf);

    /// <summary>True when it has those that BPF for networks needs.</summary>
    public static bool MayChangeNetwork() => Has(NetworkAdministrator, Bpf);

    // Before 5.8 the administrator's stands for the newer ones.
    private static bool Has(int one, int other)
    {
        ulong held = Held();
        bool HasOne(int capability) => ((held >> capability) & 1) != 0;
        return HasOne(SystemAdministrator) ? one != NetworkAdministrator || HasOne(one) : HasOne(one) && HasOne(other);
    }

    private static ulong Held()
    {
        if (!File.Exists(StatusPath)) return 0;
        string? line = File.ReadLines(StatusPath).FirstOrDefault(static line => line.StartsWith(Effective, StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan(Effective.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong held) ? held : 0;
    }
}
