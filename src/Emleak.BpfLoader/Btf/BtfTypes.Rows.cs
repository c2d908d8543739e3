using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

// What follows the fixed part of a type, row by row.
public sealed partial class BtfTypes
{
    /// <summary>How an integer is to be read.</summary>
    /// <exception cref="MalformedDataException">The type is not an integer.</exception>
    public BtfInteger GetInteger(in BtfType type)
    {
        uint word = ReadU32(Rows(type, BtfKind.Integer));
        uint encoding = (word >> 24) & 15;
        return new BtfInteger(
            (encoding & 1) != 0, (encoding & 2) != 0, (encoding & 4) != 0, (int)((word >> 16) & 0xff), (int)(word & 0xff));
    }

    /// <summary>What an array is made of.</summary>
    /// <exception cref="MalformedDataException">The type is not an array.</exception>
    public BtfArray GetArray(in BtfType type)
    {
        ReadOnlySpan<byte> rows = Rows(type, BtfKind.Array);
        return new BtfArray(new BtfTypeId(ReadU32(rows)), new BtfTypeId(ReadU32(rows[4..])), ReadU32(rows[8..]));
    }

    /// <summary>A member of a structure or union, by its place in the declaration.</summary>
    /// <exception cref="MalformedDataException">The type is neither, or has no such member.</exception>
    public BtfMember GetMember(in BtfType type, int index)
    {
        ReadOnlySpan<byte> row = Row(type, type.IsComposite, index, 12);
        uint offset = ReadU32(row[8..]);
        BtfMember member = new(ReadU32(row), new BtfTypeId(ReadU32(row[4..])), offset, 0);
        // With the kind flag the upper byte is the width of a bit field.
        return type.KindFlag ? member with { BitOffset = offset & 0xffffff, BitSize = (int)(offset >> 24) } : member;
    }

    /// <summary>A name of an enumeration, by its place in the declaration.</summary>
    /// <exception cref="MalformedDataException">The type is not an enumeration, or has no such row.</exception>
    public BtfEnumerator GetEnumerator(in BtfType type, int index)
    {
        bool wide = type.Kind == BtfKind.Enum64;
        ReadOnlySpan<byte> row = Row(type, type.IsEnum, index, wide ? 12 : 8);
        uint low = ReadU32(row[4..]);
        long value = wide ? (long)(((ulong)ReadU32(row[8..]) << 32) | low) : type.KindFlag ? (int)low : low;
        return new BtfEnumerator(ReadU32(row), value);
    }

    /// <summary>A parameter of a prototype.</summary>
    /// <exception cref="MalformedDataException">The type is not a prototype, or has no such parameter.</exception>
    public BtfParameter GetParameter(in BtfType type, int index)
    {
        ReadOnlySpan<byte> row = Row(type, type.Kind == BtfKind.FunctionPrototype, index, 8);
        return new BtfParameter(ReadU32(row), new BtfTypeId(ReadU32(row[4..])));
    }

    /// <summary>A variable of a data section.</summary>
    /// <exception cref="MalformedDataException">The type is not a data section, or has no such variable.</exception>
    public BtfSectionVariable GetSectionVariable(in BtfType type, int index)
    {
        ReadOnlySpan<byte> row = Row(type, type.Kind == BtfKind.DataSection, index, 12);
        return new BtfSectionVariable(new BtfTypeId(ReadU32(row)), ReadU32(row[4..]), ReadU32(row[8..]));
    }

    /// <summary>Offset in <see cref="Data"/> of what follows a type's fixed part, for those who write a changed copy.</summary>
    internal int RowsOffset(in BtfType type)
    {
        if (type.Id.Value < (uint)_firstId || type.Id.Value >= (uint)Count)
        {
            throw new MalformedDataException(BtfHeader.Where, 0, $"type {type.Id} is not one of this blob");
        }

        return _offsets[type.Id.Value - (uint)_firstId] + FixedSize;
    }

    /// <summary>What follows a type's fixed part, word by word.</summary>
    internal uint[] RowWords(in BtfType type)
    {
        ReadOnlySpan<byte> rows = RowsOf(type);
        var words = new uint[rows.Length / sizeof(uint)];
        for (int i = 0; i < words.Length; i++) words[i] = ReadU32(rows[(i * sizeof(uint))..]);
        return words;
    }

    /// <summary>Offset in <see cref="Data"/> of one of the blob's own strings.</summary>
    internal int StringOffset(uint offset)
    {
        if (offset - (uint)_firstString < (uint)_header.StringsLength) return _header.StringsStart + (int)(offset - (uint)_firstString);
        throw new MalformedDataException(BtfHeader.Where, offset, "not a string of this blob");
    }

    private ReadOnlySpan<byte> Rows(in BtfType type, BtfKind needed)
    {
        if (type.Kind != needed) throw Mismatch(type);
        return RowsOf(type);
    }

    private ReadOnlySpan<byte> Row(in BtfType type, bool fits, int index, int size)
    {
        if (!fits) throw Mismatch(type);
        if ((uint)index >= (uint)type.Count)
        {
            throw new MalformedDataException(BtfHeader.Where, 0, $"row {index} of {type.Count} of type {type.Id}");
        }

        return RowsOf(type).Slice(index * size, size);
    }

    private ReadOnlySpan<byte> RowsOf(in BtfType type)
    {
        if (type.Id.Value < (uint)_firstId) return Base!.RowsOf(type);
        return _data.Span.Slice(RowsOffset(type), TrailingSize(type.Kind, type.Count));
    }

    private static MalformedDataException Mismatch(in BtfType type) =>
        new(BtfHeader.Where, 0, $"type {type.Id} is of kind {type.Kind}, which is not expected here");
}
