using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>The first bytes of the file (gABI, "ELF Header").</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ElfHeader(
    bool Is64,
    bool IsBigEndian,
    ElfType Type,
    ElfMachine Machine,
    ulong EntryPoint,
    ulong SegmentsOffset,
    ulong SectionsOffset,
    int SegmentSize,
    int SegmentCount,
    int SectionSize,
    int SectionCount,
    int SectionNamesIndex)
{
    public const int MaxSize = 64;
    private const string Where = "ELF header";

    public static ElfHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("\u007fELF"u8)) throw new MalformedDataException(Where, 0, "not an ELF file");
        ByteReader ident = new(bytes, Where) { Position = 4 };
        byte fileClass = ident.ReadU8();
        byte order = ident.ReadU8();
        if (fileClass is not (1 or 2)) throw new MalformedDataException(Where, 4, $"unknown class {fileClass}");
        if (order is not (1 or 2)) throw new MalformedDataException(Where, 5, $"unknown byte order {order}");

        bool is64 = fileClass == 2;
        ByteReader reader = new(bytes, Where, order == 2) { Position = 16 };
        var type = (ElfType)reader.ReadU16();
        var machine = (ElfMachine)reader.ReadU16();
        reader.Skip(4);
        ulong entry = reader.ReadWord(is64);
        ulong segments = reader.ReadWord(is64);
        ulong sections = reader.ReadWord(is64);
        reader.Skip(6);
        return new ElfHeader(
            is64, order == 2, type, machine, entry, segments, sections,
            SegmentSize: reader.ReadU16(),
            SegmentCount: reader.ReadU16(),
            SectionSize: reader.ReadU16(),
            SectionCount: reader.ReadU16(),
            SectionNamesIndex: reader.ReadU16());
    }
}
