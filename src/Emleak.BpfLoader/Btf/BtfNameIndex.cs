using System.Numerics;

namespace Emleak.BpfLoader.Btf;

/// <summary>
/// Hash chains over the names of a blob's own types, without a string or an object per type. Names that differ in their
/// flavour only share a chain, so that the same index answers both kinds of question. Positions count from the blob's first type.
/// </summary>
internal sealed class BtfNameIndex
{
    private const int None = -1;

    private readonly int[] _heads;
    private readonly int[] _next;

    public BtfNameIndex(BtfTypes types)
    {
        int count = types.Count - (int)types.First.Value;
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)count + 1)];
        _next = new int[count];
        Array.Fill(_heads, None);
        // Backwards, so that a chain runs from the lowest number up.
        for (int position = count - 1; position >= 0; position--)
        {
            uint name = types.NameOffsetAt(position);
            _next[position] = None;
            if (name == 0) continue;
            ref int head = ref _heads[Slot(types.GetString(name))];
            _next[position] = head;
            head = position;
        }
    }

    /// <summary>The first type whose name may match, or -1.</summary>
    public int FirstCandidate(ReadOnlySpan<byte> name) => _heads[Slot(name)];

    /// <summary>The one after it, or -1.</summary>
    public int NextCandidate(int position) => _next[position];

    private int Slot(ReadOnlySpan<byte> name) => (int)(BtfNames.Hash(BtfNames.WithoutFlavour(name)) & (uint)(_heads.Length - 1));
}
