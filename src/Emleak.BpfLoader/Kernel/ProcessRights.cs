using System.Globalization;

namespace Emleak.BpfLoader.Kernel;

/// <summary>What this process may do.</summary>
internal static class ProcessRights
{
    private const string StatusPath = "/proc/self/status";
    private const string Effective = "CapEff:";
    private const int SystemAdministrator = 21;
    private const int PerformanceMonitor = 38;
    private const int Bpf = 39;

    /// <summary>True when it has the rights that BPF for tracing needs, so that an EPERM has another reason.</summary>
    public static bool MayTrace()
    {
        if (!File.Exists(StatusPath)) return false;
        string? line = File.ReadLines(StatusPath).FirstOrDefault(static line => line.StartsWith(Effective, StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan(Effective.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong held)
            && (Has(held, SystemAdministrator) || (Has(held, PerformanceMonitor) && Has(held, Bpf)));
    }

    private static bool Has(ulong held, int capability) => ((held >> capability) & 1) != 0;
}
