using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Recordings.Model;
using Emleak.Target;
using Emleak.Tracing.Records;
using Emleak.Tracing.Unwinding;

namespace Emleak.Recorder;

/// <summary>Who records what, on which machine.</summary>
internal static class TraceHeader
{
    private const double TicksPerSecond = 100;

    /// <summary>The header of a trace that begins now. The command line is left out: it may hold secrets.</summary>
    public static Header Of(TargetProcess target, IReadOnlyCollection<Probe> probes, TracingOptions options)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new Header
        {
            Emleak = VersionText.Number,
            Start = now,
            IntervalSeconds = options.Interval.TotalSeconds,
            Host = new HostInfo
            {
                Name = Environment.MachineName,
                Kernel = Read("/proc/sys/kernel/osrelease"),
                Architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64",
                Processors = Environment.ProcessorCount,
                MemoryBytes = KernelFields.Read("/proc/meminfo").GetValueOrDefault("MemTotal"),
            },
            Target = new TargetInfo
            {
                Pid = target.Pid,
                Comm = Read($"/proc/{target.Pid}/comm"),
                Executable = ExecutableOf(target.Pid),
                Start = StartOf(target, now),
            },
            Filter = options.Filter,
            Names = options.Names,
            Unwinding = options.StackWalk switch
            {
                StackWalk.Rows => "rows",
                StackWalk.FramePointer => "frame-pointer",
                _ => "auto",
            },
            MaxDepth = options.MaxDepth,
            Probes = [.. probes.Select(probe => new ProbeInfo(probe.Module.Path, probe.Function.Name, KindOf(probe.Function.Shape.Kind)))],
        };
    }

    /// <summary>The path of the program that a process runs, as the process sees it; null when it cannot be read.</summary>
    public static string? ExecutableOf(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/exe").LinkTarget;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string KindOf(Shape shape) => shape switch
    {
        Shape.Release or Shape.Munmap => "release",
        Shape.Reallocate or Shape.Resize or Shape.Mremap => "reallocate",
        _ => "allocate",
    };

    // Both count from the start of the machine, the time asleep included.
    private static DateTimeOffset? StartOf(TargetProcess target, DateTimeOffset now) =>
        double.TryParse(Read("/proc/uptime")?.Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double uptime)
            ? now - TimeSpan.FromSeconds(uptime - (target.StartTime / TicksPerSecond))
            : null;

    private static string? Read(string path) => HostSettings.Read(path) is string text and not HostSettings.Unreadable ? text : null;
}
