namespace Emleak.Recordings.Model;

/// <summary>Who recorded what, where, since when, and which allocations count.</summary>
public sealed record Header
{
    /// <summary>The format that this version writes. It grows when older readers would misread the file; what they can skip does not count.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the file's format. A reader refuses a greater one than its own.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Version of the emleak that recorded.</summary>
    public required string Emleak { get; init; }

    /// <summary>When the trace began.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Time between two snapshots when the trace began, in seconds.</summary>
    public double IntervalSeconds { get; init; }

    /// <summary>The machine.</summary>
    public HostInfo Host { get; init; } = new();

    /// <summary>The traced process.</summary>
    public required TargetInfo Target { get; init; }

    /// <summary>Which allocations count.</summary>
    public AllocationFilter Filter { get; init; } = AllocationFilter.All;

    /// <summary>How functions are named where the user has asked for a style; null for each report's own.</summary>
    public NameStyle? Names { get; init; }

    /// <summary>How stacks were unwound, in the words of the option for that: <c>auto</c>, <c>rows</c> or <c>frame-pointer</c>; null when not known.</summary>
    public string? Unwinding { get; init; }

    /// <summary>Where deeper stacks were cut, in frames; 0 when not known.</summary>
    public int MaxDepth { get; init; }

    /// <summary>The functions that were probed when the trace began, or the reason why one was not.</summary>
    public IReadOnlyList<ProbeInfo> Probes { get; init; } = [];
}

/// <summary>The machine that a trace ran on. What is not known is null or 0.</summary>
public sealed record HostInfo
{
    /// <summary>Its name in the network.</summary>
    public string? Name { get; init; }

    /// <summary>The kernel's release, as <c>uname -r</c> prints it.</summary>
    public string? Kernel { get; init; }

    /// <summary>The processor's architecture, as <c>uname -m</c> prints it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Number of processors.</summary>
    public int Processors { get; init; }

    /// <summary>The machine's memory, in bytes.</summary>
    public long MemoryBytes { get; init; }
}

/// <summary>The process that was traced.</summary>
public sealed record TargetInfo
{
    /// <summary>Its process id.</summary>
    public required int Pid { get; init; }

    /// <summary>Its name, as <c>ps</c> shows it.</summary>
    public string? Comm { get; init; }

    /// <summary>Path of its program, as the process sees it.</summary>
    public string? Executable { get; init; }

    /// <summary>Its arguments; null unless they were asked for, because they may hold secrets.</summary>
    public IReadOnlyList<string>? CommandLine { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset? Start { get; init; }
}

/// <summary>A function that is probed, or is not for a reason.</summary>
/// <param name="Module">Path of its file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Whether it allocates, releases, or both.</param>
/// <param name="Refused">Why it has no probe; null when it has one.</param>
public sealed record ProbeInfo(string Module, string Name, string Kind, string? Refused = null);

/// <summary>How names of C++ and Rust functions are written.</summary>
public enum NameStyle
{
    /// <summary>As in the source, with parameters and template arguments.</summary>
    Full,

    /// <summary>As in the source, without them.</summary>
    Short,

    /// <summary>As the linker knows them.</summary>
    Mangled,
}
