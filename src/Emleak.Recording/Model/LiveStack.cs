using System.Runtime.InteropServices;

namespace Emleak.Recordings.Model;

/// <summary>What the live blocks of one stack hold at one moment.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Index">Its index.</param>
/// <param name="Bytes">Bytes.</param>
/// <param name="Blocks">Blocks.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LiveStack(CallStack Stack, int Index, long Bytes, long Blocks)
{
    /// <summary>True when it holds something.</summary>
    public bool IsLive => Bytes != 0 || Blocks != 0;

    /// <summary>The original's order: ascending by bytes, of equal ones the lesser id first. Those that hold nothing are left out.</summary>
    public static LiveStack[] Sort(IEnumerable<LiveStack> stacks) => [.. stacks.Where(stack => stack.IsLive).OrderBy(stack => stack.Bytes).ThenBy(stack => stack.Stack.Id)];
}
