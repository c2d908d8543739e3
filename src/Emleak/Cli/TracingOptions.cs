using Emleak.BpfLoader.Btf;
using Emleak.Probes;
using Emleak.Recordings.Model;
using Emleak.Tracing;
using Emleak.Tracing.Unwinding;

namespace Emleak.Cli;

/// <summary>How a process is traced, whichever process it is.</summary>
internal sealed record TracingOptions
{
    /// <summary>Time between two rows of the statistics.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The user's own functions.</summary>
    public IReadOnlyList<AllocatorFunction> Functions { get; init; } = [];

    /// <summary>What allocators may have before the names of their functions, besides what is known.</summary>
    public IReadOnlyList<string> SymbolPrefixes { get; init; } = [];

    /// <summary>Files whose functions alone count; none for those of every file.</summary>
    public IReadOnlyList<string> Objects { get; init; } = [];

    /// <summary>Where in the functions the probes go.</summary>
    public ProbePlacement Placement { get; init; }

    /// <summary>True to replace no return address of the process.</summary>
    public bool UsesExitProbes { get; init; }

    /// <summary>True to replace return addresses of functions that may throw or switch stacks, where there is no other way.</summary>
    public bool AllowsUnsafeReturnProbes { get; init; }

    /// <summary>The kernel's types, where it does not describe itself; null for its own description.</summary>
    public BtfTypes? KernelTypes { get; init; }

    /// <summary>By what stacks are walked.</summary>
    public StackWalk StackWalk { get; init; }

    /// <summary>Where a stack is cut, in frames.</summary>
    public int MaxDepth { get; init; } = StackTable.MaxFrames;

    /// <summary>Room for so many different stacks.</summary>
    public int MaxStacks { get; init; } = StackTable.DefaultCapacity;

    /// <summary>For how many outstanding blocks there is room.</summary>
    public int MaxAllocations { get; init; } = BlockTables.DefaultCapacity;

    /// <summary>How names of C++ and Rust functions are written in every output; null for each output's own way.</summary>
    public NameStyle? Names { get; init; }

    /// <summary>True to fetch debug files that are not at hand.</summary>
    public bool UseDebuginfod { get; init; }

    /// <summary>True to show every stack at each interval on a terminal, too.</summary>
    public bool ShowAllStacks { get; init; }

    /// <summary>Which allocations count.</summary>
    public AllocationFilter Filter { get; init; } = AllocationFilter.All;
}
