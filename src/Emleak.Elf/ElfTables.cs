using System.Text;

namespace Emleak.Elf;

/// <summary>Decodes the section and program header tables.</summary>
internal static class ElfTables
{
    // gABI: a count or index that does not fit 16 bits is in section header 0.
    private const int IndexInFirstSection = 0xffff;
    private const int CountInFirstSection = 0xffff;

    public static ElfSegment[] ReadSegments(ElfImage image, in ElfHeader header, ElfLimits limits)
    {
        if (header.SegmentsOffset == 0 || header.SegmentCount == 0) return [];
        ulong count = (ulong)header.SegmentCount;
        if (count == CountInFirstSection && header.SectionsOffset != 0)
        {
            count = ReadFirstSection(image, header).Info;
        }

        int rowSize = header.Is64 ? 56 : 32;
        CheckTable("program headers", header.SegmentSize, rowSize, count, limits.MaxSegments);
        ReadOnlySpan<byte> rows = image.Slice(header.SegmentsOffset, count * (ulong)header.SegmentSize, "program headers");
        var segments = new ElfSegment[count];
        for (int i = 0; i < segments.Length; i++)
        {
            ByteReader reader = new(rows.Slice(i * header.SegmentSize, rowSize), "program headers", header.IsBigEndian);
            segments[i] = ReadSegment(ref reader, header.Is64);
        }

        return segments;
    }

    public static ElfSection[] ReadSections(ElfImage image, in ElfHeader header, ElfLimits limits)
    {
        if (header.SectionsOffset == 0) return [];
        ElfSection first = ReadFirstSection(image, header);
        ulong count = header.SectionCount != 0 ? (ulong)header.SectionCount : first.Size;
        if (count == 0) return [];
        CheckTable("section headers", header.SectionSize, RowSize(header), count, limits.MaxSections);
        ReadOnlySpan<byte> rows = image.Slice(header.SectionsOffset, count * (ulong)header.SectionSize, "section headers");

        uint namesIndex = header.SectionNamesIndex != IndexInFirstSection ? (uint)header.SectionNamesIndex : first.Link;
        if (namesIndex >= count) throw new MalformedDataException("ELF header", 0, $"section {namesIndex} of {count} holds the names");
        ElfSection names = ReadSectionRow(rows[((int)namesIndex * header.SectionSize)..], header);
        SectionNames strings = new(namesIndex == 0 ? default : image.Slice(names.FileOffset, names.Size, "section names"), limits);

        var sections = new ElfSection[count];
        for (int i = 0; i < sections.Length; i++)
        {
            ReadOnlySpan<byte> row = rows.Slice(i * header.SectionSize, RowSize(header));
            uint nameOffset = new ByteReader(row, "section headers", header.IsBigEndian).ReadU32();
            sections[i] = ReadSectionRow(row, header) with { Index = i, Name = strings.Get(nameOffset) };
        }

        return sections;
    }

    private static int RowSize(in ElfHeader header) => header.Is64 ? 64 : 40;

    private static void CheckTable(string where, int rowSize, int neededSize, ulong count, int limit)
    {
        if (rowSize < neededSize) throw new MalformedDataException(where, 0, $"rows of {rowSize} bytes, at least {neededSize} expected");
        if (count > (ulong)limit) throw new MalformedDataException(where, 0, $"{count} rows, at most {limit} are accepted");
    }

    private static ElfSection ReadFirstSection(ElfImage image, in ElfHeader header) =>
        ReadSectionRow(image.Slice(header.SectionsOffset, (ulong)RowSize(header), "section headers"), header);

    private static ElfSection ReadSectionRow(ReadOnlySpan<byte> row, in ElfHeader header)
    {
        bool is64 = header.Is64;
        ByteReader reader = new(row, "section headers", header.IsBigEndian);
        reader.Skip(4);
        var type = (ElfSectionType)reader.ReadU32();
        ulong flags = reader.ReadWord(is64);
        ulong address = reader.ReadWord(is64);
        ulong offset = reader.ReadWord(is64);
        ulong size = reader.ReadWord(is64);
        uint link = reader.ReadU32();
        uint info = reader.ReadU32();
        ulong alignment = reader.ReadWord(is64);
        return new ElfSection(0, "", type, flags, address, offset, size, link, info, alignment, reader.ReadWord(is64));
    }

    private static ElfSegment ReadSegment(ref ByteReader reader, bool is64)
    {
        uint type = reader.ReadU32();
        uint flags = is64 ? reader.ReadU32() : 0;
        ulong offset = reader.ReadWord(is64);
        ulong address = reader.ReadWord(is64);
        reader.ReadWord(is64);
        ulong fileSize = reader.ReadWord(is64);
        ulong memorySize = reader.ReadWord(is64);
        if (!is64) flags = reader.ReadU32();
        return new ElfSegment(type, flags, offset, address, fileSize, memorySize);
    }

    /// <summary>
    /// Makes names, and keeps count of their bytes: headers may all point to one long string, and would
    /// otherwise turn a small file into gigabytes of names.
    /// </summary>
    private ref struct SectionNames(ReadOnlySpan<byte> strings, ElfLimits limits)
    {
        private readonly ReadOnlySpan<byte> _strings = strings;
        private long _left = limits.MaxSectionNameBytes;

        public string Get(uint offset)
        {
            if (_strings.IsEmpty) return "";
            ByteReader reader = new(_strings, "section names") { Position = (int)Math.Min(offset, int.MaxValue) };
            ReadOnlySpan<byte> name = reader.ReadCString();
            _left -= name.Length;
            if (_left < 0)
            {
                throw new MalformedDataException("section names", offset, $"all names together exceed {limits.MaxSectionNameBytes} bytes");
            }

            return Encoding.UTF8.GetString(name);
        }
    }
}
