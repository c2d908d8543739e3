namespace Emleak.Recordings.Model;

/// <summary>
/// What a trace found: plain data, no kernel, no process, no file handle. Tables refer to each other by index: a stack to its node, a node to its
/// frame, a frame to its function and module.
/// </summary>
public sealed record Recording
{
    /// <summary>Who recorded what, where, since when, and which allocations count.</summary>
    public required Header Header { get; init; }

    /// <summary>The files and other memory that code was found in.</summary>
    public IReadOnlyList<Module> Modules { get; init; } = [];

    /// <summary>The functions of the frames.</summary>
    public IReadOnlyList<Function> Functions { get; init; } = [];

    /// <summary>The code addresses of the stacks, with what is known about each.</summary>
    public IReadOnlyList<Frame> Frames { get; init; } = [];

    /// <summary>The prefix tree of all stacks. A node's parent, its caller, stands before it.</summary>
    public IReadOnlyList<StackNode> Nodes { get; init; } = [];

    /// <summary>The call stacks. Columns of snapshots refer to them by their index here.</summary>
    public IReadOnlyList<CallStack> Stacks { get; init; } = [];

    /// <summary>Which numbers the snapshots have for each stack, in the order of <see cref="StackChanges"/>.</summary>
    public IReadOnlyList<StackColumn> Columns { get; init; } = [StackColumn.LiveBytes, StackColumn.LiveBlocks];

    /// <summary>The snapshots, by time; thinned out when there were more than <see cref="SnapshotThinning.MaxSnapshots"/>.</summary>
    public IReadOnlyList<Snapshot> Snapshots { get; init; } = [];

    /// <summary>Moments that somebody has named.</summary>
    public IReadOnlyList<Mark> Marks { get; init; } = [];

    /// <summary>What happened to the process and to its probes.</summary>
    public IReadOnlyList<TraceEvent> Events { get; init; } = [];

    /// <summary>Looks into the target's heap for blocks that nothing points to.</summary>
    public IReadOnlyList<Scan> Scans { get; init; } = [];

    /// <summary>What the recording lacks, by kind; empty when nothing was lost.</summary>
    public IReadOnlyList<Loss> Losses { get; init; } = [];

    /// <summary>How the trace ended; null when the recording was cut, or still grows.</summary>
    public TraceEnding? End { get; init; }

    /// <summary>True when old snapshots were merged: of so long a trace there is not one for every interval.</summary>
    public bool IsThinned => Snapshots.Count > 0 && Snapshots[^1].Number >= Snapshots.Count;

    /// <summary>The frames of a stack, innermost first.</summary>
    public IReadOnlyList<Frame> FramesOf(CallStack stack)
    {
        ArgumentNullException.ThrowIfNull(stack);
        List<Frame> frames = [];
        for (int node = stack.Node; node >= 0; node = Nodes[node].Parent) frames.Add(Frames[Nodes[node].Frame]);
        return frames;
    }
}
