using System.Runtime.CompilerServices;

namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// The parts of one name: nodes and lists of nodes in two arrays, addressed by number; 0 is "nothing". Numbers below
/// <see cref="Words.Count"/> are the nodes of the fixed words and stay when the arena is cleared.
/// </summary>
internal sealed class NodeArena
{
    /// <summary>Arrays larger than this are not kept for the next name.</summary>
    private const int KeptNodes = 16 * 1024;

    private Node[] _nodes = NewNodes();
    private int _nodeCount = Words.Count;
    private int[] _lists = new int[256];
    private int _listsLength = 1;

    public Node[] Nodes => _nodes;

    public ref Node this[int node] => ref _nodes[node];

    public void Clear()
    {
        if (_nodes.Length > KeptNodes)
        {
            _nodes = NewNodes();
            _lists = new int[256];
        }

        _nodeCount = Words.Count;
        _listsLength = 1;
    }

    public int Add(NodeKind kind, int a, int b = 0, int c = 0, int d = 0, int e = 0)
    {
        int number = _nodeCount++;
        if (number == _nodes.Length) Array.Resize(ref _nodes, number * 2);
        ref Node node = ref _nodes[number];
        node.Kind = kind;
        node.Precedence = Precedence.Primary;
        node.Flags = NodeFlags.None;
        node.Shape = Shape.Plain;
        node.A = a;
        node.B = b;
        node.C = c;
        node.D = d;
        node.E = e;
        return number;
    }

    public int Add(NodeKind kind, NodeFlags flags, int a, int b = 0, int c = 0)
    {
        int number = Add(kind, a, b, c);
        _nodes[number].Flags = flags;
        return number;
    }

    public int Add(NodeKind kind, Precedence precedence, int a, int b = 0, int c = 0)
    {
        int number = Add(kind, a, b, c);
        _nodes[number].Precedence = precedence;
        return number;
    }

    /// <summary>Gives a node its shape and hands it back.</summary>
    public int Shaped(int node, Shape shape)
    {
        _nodes[node].Shape = shape;
        return node;
    }

    /// <summary>Stores a list; an empty one is 0.</summary>
    public int AddList(ReadOnlySpan<int> items)
    {
        if (items.IsEmpty) return 0;
        int number = _listsLength;
        int needed = number + 1 + items.Length;
        if (needed > _lists.Length) Array.Resize(ref _lists, Math.Max(needed, _lists.Length * 2));
        _lists[number] = items.Length;
        items.CopyTo(_lists.AsSpan(number + 1));
        _listsLength = needed;
        return number;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<int> List(int list) => list == 0 ? default : _lists.AsSpan(list + 1, _lists[list]);

    private static Node[] NewNodes()
    {
        Node[] nodes = new Node[1024];
        for (int word = 1; word < Words.Count; word++)
        {
            nodes[word].Kind = NodeKind.Word;
            nodes[word].A = word;
        }

        return nodes;
    }
}
