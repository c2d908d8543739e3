namespace Emleak.Recordings.Format;

/// <summary>How much a reader takes of a stranger's file. Everything is checked before memory is taken for it.</summary>
public sealed record RecordingLimits
{
    /// <summary>More than any trace writes.</summary>
    public static RecordingLimits Default { get; } = new();

    /// <summary>Longest line, in bytes.</summary>
    public int LineBytes { get; init; } = 16 << 20;

    /// <summary>All lines together, in bytes.</summary>
    public long TextBytes { get; init; } = 1L << 30;

    /// <summary>Entries of each table: modules, functions, frames, nodes, stacks.</summary>
    public int Entries { get; init; } = 32 << 20;

    /// <summary>Snapshots; a little more than a trace keeps.</summary>
    public int Snapshots { get; init; } = 1024;

    /// <summary>Marks, events, scans and losses, of each.</summary>
    public int Remarks { get; init; } = 1 << 16;

    /// <summary>Frames of a stack, and calls inlined at one address.</summary>
    public int Depth { get; init; } = 1024;
}
