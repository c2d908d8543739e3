namespace Emleak.BpfLoader.Btf;

/// <summary>A type that is being written: the fixed part of <c>struct btf_type</c>, and the words that follow it.</summary>
internal sealed class BtfDraft
{
    private const uint CountMask = 0xffff;
    private const uint Flag = 1u << 31;

    public BtfDraft(BtfKind kind, uint name, uint sizeOrTarget, int count, bool flag, uint[] rows)
    {
        if ((uint)count > CountMask) throw new ArgumentOutOfRangeException(nameof(count), count, "BTF counts in 16 bits");
        Kind = kind;
        Name = name;
        SizeOrTarget = sizeOrTarget;
        Count = count;
        KindFlag = flag;
        Rows = rows;
    }

    public BtfKind Kind { get; set; }

    /// <summary>Where the name is in the strings.</summary>
    public uint Name { get; set; }

    public uint SizeOrTarget { get; set; }

    public int Count { get; set; }

    public bool KindFlag { get; set; }

    /// <summary>What follows the fixed part; as many words as the kind and the count ask for.</summary>
    public uint[] Rows { get; set; }

    public uint Info => ((uint)Kind << 24) | (uint)Count | (KindFlag ? Flag : 0);
}
