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
        long count = header.SegmentCount;
        if (count == CountInFirstSection && header.SectionsOffset != 0)
        {
            count = ReadSectionRow(SectionBytes(image, header, 0), header).Info;
        }

        int rowSize = header.Is64 ? 56 : 32;
        CheckTable("program headers", header.SegmentSize, rowSize, count, limits.MaxSegments);
        ReadOnlySpan<byte> rows = image.Slice(header.SegmentsOffset, (ulong)(count * header.SegmentSize), "program headers");
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
        ElfSection first = ReadSectionRow(SectionBytes(image, header, 0), header);
        ulong count = header.SectionCount != 0 ? (ulong)header.SectionCount : first.Size;
        uint namesIndex = header.SectionNamesIndex != IndexInFirstSection ? (uint)header.SectionNamesIndex : first.Link;
        CheckTable("section headers", header.SectionSize, RowSize(header), (long)Math.Min(count, long.MaxValue), limits.MaxSections);

        var sections = new ElfSection[count];
        var nameOffsets = new uint[count];
        for (int i = 0; i < sections.Length; i++)
        {
            ReadOnlySpan<byte> row = SectionBytes(image, header, i);
            nameOffsets[i] = new ByteReader(row, "section headers", header.IsBigEndian).ReadU32();
            sections[i] = ReadSectionRow(row, header) with { Index = i };
        }

        if (namesIndex == 0) return sections;
        if (namesIndex >= count) throw new MalformedDataException("ELF header", 0, $"section {namesIndex} of {count} holds the names");
        ElfSection names = sections[namesIndex];
        ReadOnlySpan<byte> strings = image.Slice(names.FileOffset, names.Size, "section names");
        for (int i = 0; i < sections.Length; i++)
        {
            ByteReader reader = new(strings, "section names")
            {
                Position = (int)Math.Min(nameOffsets[i], int.MaxValue),
            };
            sections[i] = sections[i] with { Name = Encoding.UTF8.GetString(reader.ReadCString()) };
        }

        return sections;
    }

    private static int RowSize(in ElfHeader header) => header.Is64 ? 64 : 40;

    private static void CheckTable(string where, int rowSize, int neededSize, long count, int limit)
    {
        if (rowSize < neededSize) throw new MalformedDataException(where, 0, $"rows of {rowSize} bytes, at least {neededSize} expected");
        if (count > limit) throw new MalformedDataException(where, 0, $"{count} rows, at most {limit} are accepted");
    }

    private static ReadOnlySpan<byte> SectionBytes(ElfImage image, in ElfHeader header, int index)
    {
        ulong offset = header.SectionsOffset + ((ulong)index * (ulong)header.SectionSize);
        return image.Slice(offset, (ulong)RowSize(header), "section headers");
    }

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
}
