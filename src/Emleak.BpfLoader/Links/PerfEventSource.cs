using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Links;

/// <summary>Something that perf_event_open(2) can count, and run a program at each time that so many have been counted.</summary>
/// <param name="Type">The kind of event.</param>
/// <param name="Config">Which event of its kind.</param>
public sealed record PerfEventSource(PerfTypeId Type, ulong Config)
{
    /// <summary>Every page that a process touches for the first time, or that has to be brought back.</summary>
    public static PerfEventSource PageFaults { get; } = Software(PerfSoftwareId.PageFaults);

    /// <summary>Time on a CPU, in nanoseconds; needs no hardware counters. With a frequency: a sampling profiler.</summary>
    public static PerfEventSource CpuClock { get; } = Software(PerfSoftwareId.CpuClock);

    /// <summary>An event that the kernel counts itself.</summary>
    public static PerfEventSource Software(PerfSoftwareId id) => new(PerfTypeId.Software, (ulong)id);
}
