using System.Runtime.InteropServices;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports;

/// <summary>The stacks that hold something at one moment.</summary>
internal static class LiveStacks
{
    /// <summary>Ascending by bytes, of equal ones the lesser id first: the original's order.</summary>
    public static LiveStack[] Of(Recording recording, SnapshotCursor moment)
    {
        List<LiveStack> live = [];
        for (int i = 0; i < recording.Stacks.Count; i++)
        {
            LiveStack stack = new(recording.Stacks[i], i, moment[i, StackColumn.LiveBytes], moment[i, StackColumn.LiveBlocks]);
            if (stack.Bytes != 0 || stack.Blocks != 0) live.Add(stack);
        }

        return [.. live.OrderBy(stack => stack.Bytes).ThenBy(stack => stack.Stack.Id)];
    }

    /// <summary>The stacks at the end.</summary>
    public static LiveStack[] AtEnd(Recording recording) => Of(recording, new SnapshotCursor(recording).MoveToLast());
}

/// <summary>What the live blocks of one stack hold.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Index">Its index.</param>
/// <param name="Bytes">Bytes.</param>
/// <param name="Blocks">Blocks.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LiveStack(CallStack Stack, int Index, long Bytes, long Blocks);
