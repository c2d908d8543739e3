using Emleak.Probes;

namespace Emleak;

/// <summary>How the traced process has died, if a tracer can be to blame.</summary>
internal static class Death
{
    private const int SignalBits = 0x7f;
    private const int MostNames = 8;

    // What breakpoints that go wrong lead to.
    private static readonly Dictionary<int, string> Signals = new() { [4] = "SIGILL", [5] = "SIGTRAP", [6] = "SIGABRT", [7] = "SIGBUS", [11] = "SIGSEGV" };

    /// <summary>A line about it; null for every other end.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="exitCode">As wait(2) has it.</param>
    /// <param name="probes">What was probed.</param>
    public static string? Describe(int pid, int exitCode, IReadOnlyCollection<Probe> probes) =>
        Signals.TryGetValue(exitCode & SignalBits, out string? signal) ? $"process {pid} was killed by {signal} while traced; probed: {Describe(probes)}" : null;

    private static string Describe(IReadOnlyCollection<Probe> probes)
    {
        string[] names = [.. probes.Select(probe => probe.Function.Name).Distinct(StringComparer.Ordinal)];
        string[] files = [.. probes.Select(probe => Path.GetFileName(probe.Module.Path)).Distinct(StringComparer.Ordinal)];
        string others = names.Length > MostNames ? $" and {names.Length - MostNames} others" : "";
        return $"{string.Join(", ", names.Take(MostNames))}{others} in {string.Join(", ", files)}";
    }
}
