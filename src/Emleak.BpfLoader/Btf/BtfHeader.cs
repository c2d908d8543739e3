using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

/// <summary><c>struct btf_header</c>, with the offsets made absolute and checked against the data.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BtfHeader(bool IsBigEndian, int TypesStart, int TypesLength, int StringsStart, int StringsLength)
{
    public const string Where = ".BTF";
    private const ushort Magic = 0xeb9f;
    private const int Size = 24;

    public static BtfHeader Read(ReadOnlySpan<byte> data)
    {
        ushort magic = new ByteReader(data, Where).ReadU16();
        bool bigEndian = magic switch
        {
            Magic => false,
            0x9feb => true,
            _ => throw new MalformedDataException(Where, 0, $"magic 0x{magic:x4}, not BTF"),
        };
        ByteReader reader = new(data, Where, bigEndian) { Position = 2 };
        byte version = reader.ReadU8();
        if (version != 1) throw new MalformedDataException(Where, 2, $"version {version} is not known");
        reader.Skip(1);
        uint headerLength = reader.ReadU32();
        if (headerLength < Size) throw new MalformedDataException(Where, 4, $"header of {headerLength} bytes");
        (int typesStart, int typesLength) = ReadRange(ref reader, headerLength, "types");
        (int stringsStart, int stringsLength) = ReadRange(ref reader, headerLength, "strings");
        if (typesStart % 4 != 0) throw new MalformedDataException(Where, 8, "the types are not aligned to 4 bytes");
        return new BtfHeader(bigEndian, typesStart, typesLength, stringsStart, stringsLength);
    }

    private static (int Start, int Length) ReadRange(ref ByteReader reader, uint headerLength, string what)
    {
        int at = reader.Position;
        ulong start = (ulong)headerLength + reader.ReadU32();
        uint length = reader.ReadU32();
        if (start + length > (ulong)reader.Length)
        {
            throw new MalformedDataException(Where, at, $"{what} at 0x{start:x}+0x{length:x} end after the data (0x{reader.Length:x} bytes)");
        }

        return ((int)start, (int)length);
    }
}
