using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Emleak.Elf;

/// <summary>
/// A bounded cursor over bytes of either byte order. A read that does not fit throws
/// <see cref="MalformedDataException"/> and leaves the cursor where it was.
/// </summary>
public ref struct ByteReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly string _where;
    private int _position;

    /// <summary>Starts at the first byte of <paramref name="data"/>.</summary>
    /// <param name="data">The bytes to read.</param>
    /// <param name="where">What the bytes are, for error messages: a section name, for example.</param>
    /// <param name="bigEndian">True when multi-byte values have their most significant byte first.</param>
    public ByteReader(ReadOnlySpan<byte> data, string where, bool bigEndian = false)
    {
        _data = data;
        _where = where;
        IsBigEndian = bigEndian;
    }

    /// <summary>True when multi-byte values have their most significant byte first.</summary>
    public bool IsBigEndian { get; }

    /// <summary>Offset of the next byte, from the start of the data.</summary>
    public int Position
    {
        readonly get => _position;
        set
        {
            if ((uint)value > (uint)_data.Length)
            {
                throw new MalformedDataException(_where, value, $"outside the data, which has {_data.Length} bytes");
            }

            _position = value;
        }
    }

    /// <summary>Number of bytes in all.</summary>
    public readonly int Length => _data.Length;

    /// <summary>Number of bytes not read yet.</summary>
    public readonly int Remaining => _data.Length - _position;

    /// <summary>Reads one byte.</summary>
    public byte ReadU8() => Take(1)[0];

    /// <summary>Reads an unsigned 16-bit value.</summary>
    public ushort ReadU16()
    {
        ReadOnlySpan<byte> bytes = Take(2);
        return IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Reads an unsigned 32-bit value.</summary>
    public uint ReadU32()
    {
        ReadOnlySpan<byte> bytes = Take(4);
        return IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads an unsigned 64-bit value.</summary>
    public ulong ReadU64()
    {
        ReadOnlySpan<byte> bytes = Take(8);
        return IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Reads a signed 32-bit value.</summary>
    public int ReadI32() => unchecked((int)ReadU32());

    /// <summary>Reads a value of the width of an ELF class: 8 bytes for 64-bit files, otherwise 4.</summary>
    public ulong ReadWord(bool is64) => is64 ? ReadU64() : ReadU32();

    /// <summary>Reads an unsigned LEB128 number (DWARF 5, section 7.6); refuses one that does not fit 64 bits.</summary>
    public ulong ReadUleb128() =>
        (uint)_position < (uint)_data.Length && _data[_position] < 0x80 ? _data[_position++] : ReadLongUleb128();

    /// <summary>Moves the cursor past a LEB128 number of either kind, whatever its size.</summary>
    public void SkipLeb128()
    {
        int start = _position;
        while ((NextOrRewind(start) & 0x80) != 0)
        {
        }
    }

    /// <summary>Moves the cursor to an offset from the start of the data that was read from somewhere.</summary>
    /// <exception cref="MalformedDataException">The offset lies outside the data.</exception>
    public void Seek(ulong offset)
    {
        if (offset > (ulong)_data.Length)
        {
            throw new MalformedDataException(_where, (long)Math.Min(offset, long.MaxValue), $"outside the data, which has {_data.Length} bytes");
        }

        _position = (int)offset;
    }

    /// <summary>Reads a signed LEB128 number (DWARF 5, section 7.6).</summary>
    public long ReadSleb128()
    {
        long value = 0;
        int shift = 0;
        int start = _position;
        while (true)
        {
            byte next = NextOrRewind(start);
            if (shift < 64) value |= (long)(next & 0x7f) << shift;
            shift = Math.Min(shift + 7, 64);
            if ((next & 0x80) != 0) continue;
            if (shift < 64 && (next & 0x40) != 0) value |= -1L << shift;
            return value;
        }
    }

    /// <summary>Reads bytes up to a terminating zero, which is consumed and not returned.</summary>
    public ReadOnlySpan<byte> ReadCString()
    {
        int length = _data[_position..].IndexOf((byte)0);
        if (length < 0) throw new MalformedDataException(_where, _position, "a string has no terminating zero");
        ReadOnlySpan<byte> text = _data.Slice(_position, length);
        _position += length + 1;
        return text;
    }

    /// <summary>Reads <paramref name="count"/> bytes in place.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    /// <summary>Moves the cursor on by <paramref name="count"/> bytes.</summary>
    public void Skip(int count) => Take(count);

    private ulong ReadLongUleb128()
    {
        ulong value = 0;
        int shift = 0;
        int start = _position;
        while (true)
        {
            byte next = NextOrRewind(start);
            ulong bits = next & 0x7fUL;
            if (shift >= 64 ? bits != 0 : shift == 63 && bits > 1) throw Overlong(start);
            if (shift < 64) value |= bits << shift;
            if ((next & 0x80) == 0) return value;
            shift = Math.Min(shift + 7, 64);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Remaining) throw TooShort(count);
        ReadOnlySpan<byte> bytes = _data.Slice(_position, count);
        _position += count;
        return bytes;
    }

    // Apart, so that the code that reads stays small enough to be inlined.
    private readonly MalformedDataException TooShort(int count) =>
        new(_where, _position, $"{(uint)count} bytes needed, {Remaining} left");

    private byte NextOrRewind(int start)
    {
        if (_position < _data.Length) return _data[_position++];
        _position = start;
        throw new MalformedDataException(_where, start, "a LEB128 number runs past the end");
    }

    private MalformedDataException Overlong(int start)
    {
        _position = start;
        return new MalformedDataException(_where, start, "a LEB128 number does not fit 64 bits");
    }
}
