using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>Encoded pointers of <c>.eh_frame</c> (LSB Core, 10.5.1: DW_EH_PE_*).</summary>
internal static class FramePointerEncoding
{
    /// <summary>There is no pointer.</summary>
    public const byte Omitted = 0xff;

    private const byte FormatMask = 0x0f;
    private const byte BaseMask = 0x70;
    private const byte ProgramCounterRelative = 0x10;
    private const byte TextRelative = 0x20;
    private const byte DataRelative = 0x30;
    private const byte Aligned = 0x50;
    private const byte Indirect = 0x80;

    /// <summary>The encoding of a length: the format alone.</summary>
    public static byte FormatOf(byte encoding) => (byte)(encoding & FormatMask);

    /// <summary>Reads a pointer whose value is needed.</summary>
    /// <param name="reader">Stands at the pointer.</param>
    /// <param name="encoding">How it is written.</param>
    /// <param name="bases">What it may be relative to.</param>
    /// <exception cref="MalformedDataException">
    /// It is cut short, leads out of the file, or is relative to the function whose address it would be.
    /// </exception>
    public static ulong Read(ref ByteReader reader, byte encoding, FrameBases bases)
    {
        SkipPadding(ref reader, ref encoding, bases);
        int place = reader.Position;
        ulong value = ReadFormat(ref reader, encoding, bases.Is64Bit);
        ulong address = (encoding & BaseMask) switch
        {
            0 => value,
            ProgramCounterRelative => unchecked(bases.Section + (ulong)place + value),
            TextRelative => unchecked(bases.Text + value),
            DataRelative => unchecked(bases.Data + value),
            _ => throw new MalformedDataException(".eh_frame", place, $"a pointer of encoding 0x{encoding:x2}"),
        };
        return (encoding & Indirect) == 0 ? address : bases.ReadWordAt(address);
    }

    /// <summary>Moves past a pointer whose value is of no interest.</summary>
    public static void Skip(ref ByteReader reader, byte encoding, FrameBases bases)
    {
        if (encoding == Omitted) return;
        SkipPadding(ref reader, ref encoding, bases);
        ReadFormat(ref reader, encoding, bases.Is64Bit);
    }

    // An aligned pointer is a plain one, at the next address that is a multiple of its size.
    private static void SkipPadding(ref ByteReader reader, ref byte encoding, FrameBases bases)
    {
        if ((encoding & BaseMask) != Aligned) return;
        ulong word = bases.Is64Bit ? 8u : 4u;
        reader.Skip((int)(unchecked(0 - (bases.Section + (ulong)reader.Position)) % word));
        encoding = (byte)(encoding & Indirect);
    }

    private static ulong ReadFormat(ref ByteReader reader, byte encoding, bool is64) => (encoding & FormatMask) switch
    {
        0x00 or 0x08 => reader.ReadWord(is64),
        0x01 => reader.ReadUleb128(),
        0x02 => reader.ReadU16(),
        0x03 => reader.ReadU32(),
        0x04 or 0x0c => reader.ReadU64(),
        0x09 => unchecked((ulong)reader.ReadSleb128()),
        0x0a => unchecked((ulong)(short)reader.ReadU16()),
        0x0b => unchecked((ulong)reader.ReadI32()),
        _ => throw new MalformedDataException(".eh_frame", reader.Position, $"a pointer of unknown encoding 0x{encoding:x2}"),
    };
}
