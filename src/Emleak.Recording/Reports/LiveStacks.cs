using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports;

/// <summary>The stacks that hold something at one moment of a recording.</summary>
internal static class LiveStacks
{
    /// <summary>Those of a moment.</summary>
    public static LiveStack[] Of(Recording recording, SnapshotCursor moment) => LiveStack.Sort(Enumerable.Range(0, recording.Stacks.Count)
        .Select(i => new LiveStack(recording.Stacks[i], i, moment[i, StackColumn.LiveBytes], moment[i, StackColumn.LiveBlocks])));

    /// <summary>Those at the end.</summary>
    public static LiveStack[] AtEnd(Recording recording) => Of(recording, new SnapshotCursor(recording).MoveToLast());
}
