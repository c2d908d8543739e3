using Emleak.Probes;

namespace Emleak.Cli;

/// <summary>What the command line asks for.</summary>
/// <param name="Pid">The process to trace; null to wait for one named <paramref name="Comm"/>.</param>
/// <param name="Comm">The program name to wait for, when there is no pid.</param>
/// <param name="Interval">Time between two rows of the statistics.</param>
/// <param name="AllocateFunction">The user's own allocation function, or null.</param>
/// <param name="ReleaseFunction">The user's own release function, or null.</param>
/// <param name="Placement">Where in the functions the probes go.</param>
internal sealed record TracingOptions(
    int? Pid, string? Comm, TimeSpan Interval, string? AllocateFunction, string? ReleaseFunction, ProbePlacement Placement);
