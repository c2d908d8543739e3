using Emleak.Elf;

namespace Emleak.Symbols.Precompiled;

/// <summary>
/// A sparse array as ReadyToRun files store it (dotnet/runtime, docs/design/coreclr/botr/readytorun-format.md, "NativeArray"): blocks of 16 entries, each a
/// small tree of offsets.
/// </summary>
internal readonly ref struct NativeArray
{
    private const int BlockSize = 16;

    private readonly ReadOnlySpan<byte> _data;
    private readonly int _start;
    private readonly int _offsetSize;

    /// <param name="data">The bytes from the array's start on; what it refers to lies after it.</param>
    /// <exception cref="MalformedDataException">There is no array.</exception>
    public NativeArray(ReadOnlySpan<byte> data)
    {
        _data = data;
        ByteReader reader = Open(0);
        uint header = ReadNumber(ref reader);
        _start = reader.Position;
        _offsetSize = 1 << (int)Math.Min(header & 3, 2);
        Count = header >> 2;
    }

    /// <summary>Number of places, filled or not.</summary>
    public uint Count { get; }

    /// <summary>Finds an entry; false when its place is empty.</summary>
    /// <exception cref="MalformedDataException">The array is corrupt.</exception>
    public bool TryOpen(uint index, out ByteReader entry)
    {
        entry = Open(_start);
        entry.Seek((ulong)_start + (index / BlockSize * (ulong)_offsetSize));
        uint offset = _offsetSize switch { 1 => entry.ReadU8(), 2 => entry.ReadU16(), _ => entry.ReadU32() };
        entry.Seek((ulong)_start + offset);
        for (uint bit = BlockSize >> 1; bit > 0; bit >>= 1)
        {
            int node = entry.Position;
            uint value = ReadNumber(ref entry);
            bool goesRight = (index & bit) != 0;
            if (goesRight && (value & 2) != 0) entry.Seek((ulong)node + (value >> 2));
            else if (goesRight || (value & 1) == 0) return (value & 3) == 0 && value >> 2 == (index & (BlockSize - 1));
        }

        return true;
    }

    /// <summary>Reads a number of up to five bytes: the low bits of the first one tell how many there are.</summary>
    /// <exception cref="MalformedDataException">It is cut off, or of an unknown size.</exception>
    public static uint ReadNumber(ref ByteReader reader)
    {
        int start = reader.Position;
        uint first = reader.ReadU8();
        if ((first & 1) == 0) return first >> 1;
        if ((first & 2) == 0) return (first >> 2) | ((uint)reader.ReadU8() << 6);
        if ((first & 4) == 0) return (first >> 3) | ((uint)reader.ReadU16() << 5);
        if ((first & 8) == 0) return (first >> 4) | ((uint)reader.ReadU16() << 4) | ((uint)reader.ReadU8() << 20);
        if ((first & 16) == 0) return reader.ReadU32();
        throw new MalformedDataException("ReadyToRun", start, "a number of unknown size");
    }

    private ByteReader Open(int position) => new(_data, "ReadyToRun") { Position = position };
}
