namespace Emleak.Recordings.Model;

/// <summary>The numbers of one moment.</summary>
/// <param name="Number">Which snapshot of the trace it is, from 0. Thinning leaves gaps.</param>
/// <param name="Time">When it was taken.</param>
/// <param name="Process">The whole process's numbers.</param>
/// <param name="Changes">How the stacks' numbers differ from the snapshot before; the first one's differ from 0.</param>
public sealed record Snapshot(long Number, DateTimeOffset Time, ProcessNumbers Process, StackChanges Changes);

/// <summary>The process's memory as the kernel accounts for it, in bytes. What is not known is null.</summary>
public sealed record ProcessNumbers
{
    /// <summary>Nothing is known.</summary>
    public static ProcessNumbers Unknown { get; } = new();

    /// <summary>Resident memory of all kinds.</summary>
    public long? Rss { get; init; }

    /// <summary>Resident anonymous memory.</summary>
    public long? Anonymous { get; init; }

    /// <summary>Resident pages of files.</summary>
    public long? File { get; init; }

    /// <summary>Resident shared memory.</summary>
    public long? Shared { get; init; }

    /// <summary>Anonymous memory that was swapped out.</summary>
    public long? Swap { get; init; }

    /// <summary>What the process's control group uses.</summary>
    public long? CgroupCurrent { get; init; }

    /// <summary>The smallest limit of the control group and of those above it.</summary>
    public long? CgroupLimit { get; init; }

    /// <summary>Page faults so far that read nothing from a disk.</summary>
    public long? MinorFaults { get; init; }

    /// <summary>Page faults so far that did.</summary>
    public long? MajorFaults { get; init; }
}

/// <summary>A number that snapshots have for each stack.</summary>
public enum StackColumn
{
    /// <summary>Bytes allocated and not freed.</summary>
    LiveBytes = 0,

    /// <summary>Blocks allocated and not freed.</summary>
    LiveBlocks = 1,

    /// <summary>Bytes allocated so far.</summary>
    AllocatedBytes = 2,

    /// <summary>Blocks allocated so far.</summary>
    AllocatedBlocks = 3,

    /// <summary>Bytes freed so far.</summary>
    FreedBytes = 4,

    /// <summary>Blocks freed so far.</summary>
    FreedBlocks = 5,

    /// <summary>Page faults so far.</summary>
    Faults = 6,

    /// <summary>Bytes of live blocks that are in memory.</summary>
    ResidentBytes = 7,
}
