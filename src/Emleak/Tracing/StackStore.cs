using System.Runtime.InteropServices;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>
/// The frames of all stacks that were fetched from the kernel, by number. Most stacks have their outer frames in common with others, so
/// each frame below the same callers is kept once: a tree with the outermost frames at its root.
/// </summary>
internal sealed class StackStore
{
    private const int Root = -1;

    private readonly Dictionary<Node, int> _numbers = [];
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<int, Entry> _stacks = [];

    /// <summary>The stacks' numbers, how they ended, and the outermost frame of each.</summary>
    public IEnumerable<(int Number, StackEnding Ending, ulong Outermost)> All => _stacks.Select(stack => (stack.Key, stack.Value.Ending, stack.Value.Outermost));

    public bool Contains(int number) => _stacks.ContainsKey(number);

    /// <summary>Keeps a stack.</summary>
    public void Add(int number, in Stack stack)
    {
        ReadOnlySpan<ulong> frames = stack.Frames;
        frames = frames[..(int)stack.Depth];
        int node = Root;
        for (int i = frames.Length - 1; i >= 0; i--) node = Enter(new Node(node, frames[i]));
        _stacks[number] = new Entry(node, stack.Ending, frames[^1]);
    }

    /// <summary>A stack's frames, the innermost first.</summary>
    public (ulong[] Frames, StackEnding Ending) Get(int number)
    {
        Entry entry = _stacks[number];
        List<ulong> frames = [];
        for (int node = entry.Innermost; node != Root; node = _nodes[node].Caller) frames.Add(_nodes[node].Frame);
        return ([.. frames], entry.Ending);
    }

    private int Enter(Node node)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, node, out bool isKnown);
        if (isKnown) return number;
        number = _nodes.Count;
        _nodes.Add(node);
        return number;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Node(int Caller, ulong Frame);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(int Innermost, StackEnding Ending, ulong Outermost);
}
