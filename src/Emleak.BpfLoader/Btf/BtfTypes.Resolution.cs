using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

// Following types to what they stand for. Every walk is bounded: a blob may contain circles.
public sealed partial class BtfTypes
{
    /// <summary>Longest chain of modifiers, typedefs and array dimensions that is followed; the kernel refuses longer ones too.</summary>
    internal const int MaxChain = 32;

    // Alignment visits members of members: without a bound a small hostile blob makes it exponential.
    private const int MaxAlignmentSteps = 1 << 16;

    /// <summary>The type behind typedefs, modifiers and tags.</summary>
    /// <exception cref="MalformedDataException">The chain has no end, or leads to a number outside the blob.</exception>
    public BtfType Resolve(BtfTypeId id)
    {
        BtfTypeId next = id;
        for (int step = 0; step < MaxChain; step++)
        {
            BtfType type = this[next];
            if (!type.IsModifier && type.Kind != BtfKind.Typedef) return type;
            next = type.Target;
        }

        throw Endless(id);
    }

    /// <summary>Size of a value of the type, in bytes.</summary>
    /// <exception cref="MalformedDataException">
    /// The type has no size (<c>void</c>, functions, declarations without definition), or the blob is inconsistent.
    /// </exception>
    public uint SizeOf(BtfTypeId id) =>
        TryGetSize(id, out uint size) ? size : throw new MalformedDataException(BtfHeader.Where, 0, $"type {id} has no size");

    /// <summary>Size of a value of the type, in bytes; false for types that have none.</summary>
    /// <exception cref="MalformedDataException">The blob is inconsistent, or the size does not fit 32 bits.</exception>
    public bool TryGetSize(BtfTypeId id, out uint size)
    {
        size = 0;
        ulong count = 1;
        BtfTypeId next = id;
        for (int step = 0; step < MaxChain; step++)
        {
            BtfType type = this[next];
            switch (type.Kind)
            {
                case BtfKind.Integer or BtfKind.Float or BtfKind.Struct or BtfKind.Union or BtfKind.Enum
                    or BtfKind.Enum64 or BtfKind.DataSection:
                    size = Multiply(id, count, type.Size);
                    return true;
                case BtfKind.Pointer:
                    size = Multiply(id, count, (uint)PointerSize);
                    return true;
                case BtfKind.Array:
                    BtfArray array = GetArray(type);
                    count = Multiply(id, count, array.Count);
                    next = array.Element;
                    break;
                case BtfKind.Variable or BtfKind.Typedef:
                case var _ when type.IsModifier:
                    next = type.Target;
                    break;
                default:
                    return false;
            }
        }

        throw Endless(id);
    }

    /// <summary>Alignment of a value of the type, in bytes, as its members ask for it; 1 for packed structures.</summary>
    /// <exception cref="MalformedDataException">The type has no alignment, or the blob is inconsistent.</exception>
    public int AlignmentOf(BtfTypeId id)
    {
        int steps = MaxAlignmentSteps;
        return AlignmentOf(id, 0, ref steps);
    }

    private int AlignmentOf(BtfTypeId id, int depth, ref int steps)
    {
        if (depth > MaxChain || --steps < 0) throw Endless(id);
        BtfType type = Resolve(id);
        switch (type.Kind)
        {
            case BtfKind.Integer or BtfKind.Float or BtfKind.Enum or BtfKind.Enum64:
                return (int)Math.Clamp(type.Size, 1, (uint)PointerSize);
            case BtfKind.Pointer:
                return PointerSize;
            case BtfKind.Array:
                return AlignmentOf(GetArray(type).Element, depth + 1, ref steps);
            case BtfKind.Variable:
                return AlignmentOf(type.Target, depth + 1, ref steps);
            case BtfKind.Struct or BtfKind.Union:
                return CompositeAlignment(type, depth, ref steps);
            default:
                throw new MalformedDataException(BtfHeader.Where, 0, $"type {id} has no alignment");
        }
    }

    private int CompositeAlignment(in BtfType type, int depth, ref int steps)
    {
        int largest = 1;
        for (int i = 0; i < type.Count; i++)
        {
            BtfMember member = GetMember(type, i);
            int alignment = AlignmentOf(member.Type, depth + 1, ref steps);
            // A member that is not at a multiple of its alignment tells that the structure is packed.
            if (member.BitSize == 0 && member.BitOffset % (8 * (uint)alignment) != 0) return 1;
            largest = Math.Max(largest, alignment);
        }

        return type.Size % (uint)largest == 0 ? largest : 1;
    }

    private static uint Multiply(BtfTypeId id, ulong count, uint size)
    {
        ulong product = count * size;
        if (product <= uint.MaxValue) return (uint)product;
        throw new MalformedDataException(BtfHeader.Where, 0, $"the size of type {id} does not fit 32 bits");
    }

    private static MalformedDataException Endless(BtfTypeId id) =>
        new(BtfHeader.Where, 0, $"type {id} refers to itself, or through more than {MaxChain} others");
}
