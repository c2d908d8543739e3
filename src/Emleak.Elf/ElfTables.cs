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
        ReadOnlySpan<byte> rows = image.Copy(header.SegmentsOffset, count * (ulong)header.SegmentSize, "program headers");
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
        ReadOnlySpan<byte> rows = image.Copy(header.SectionsOffset, count * (ulong)header.SectionSize, "section headers");

        uint namesIndex = header.SectionNamesIndex != IndexInFirstSection ? (uint)header.SectionNamesIndex : first.Link;
        if (namesIndex >= count) throw new MalformedDataException("ELF header", 0, $"section {namesIndex} of {count} holds the names");
        ElfSection names = ReadSectionRow(rows[((int)namesIndex * header.SectionSize)..], header);
        SectionNames strings = new(image, namesIndex == 0 ? null : names, limits);

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
        ReadSectionRow(image.Copy(header.SectionsOffset, (ulong)RowSize(header), "section headers"), header);

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
    /// otherwise turn a small file into gigabytes of names. Reads a window of the table, which may be that of millions of symbols, too.
    /// </summary>
    private ref struct SectionNames(ElfImage image, ElfSection? table, ElfLimits limits)
    {
        private const int WindowBytes = 1 << 16;
        private const string Where = "section names";

        private ReadOnlySpan<byte> _window;
        private ulong _windowStart;
        private long _left = limits.MaxSectionNameBytes;

        public string Get(uint offset)
        {
            if (table is null) return "";
            ReadOnlySpan<byte> rest = After(offset);
            if (rest.IndexOf((byte)0) < 0) rest = Load(offset);
            ReadOnlySpan<byte> name = rest[..Math.Min(rest.Length, limits.MaxNameBytes)];
            if (name.IndexOf((byte)0) is >= 0 and int length) name = name[..length];
            else if (name.Length < limits.MaxNameBytes) throw new MalformedDataException(Where, offset, "a string has no terminating zero");
            _left -= name.Length;
            if (_left < 0)
            {
                throw new MalformedDataException(Where, offset, $"limit reached: all names together exceed {limits.MaxSectionNameBytes} bytes");
            }

            return Encoding.UTF8.GetString(name);
        }

        private readonly ReadOnlySpan<byte> After(ulong offset) =>
            offset - _windowStart < (ulong)_window.Length ? _window[(int)(offset - _windowStart)..] : default;

        private ReadOnlySpan<byte> Load(uint offset)
        {
            if (offset >= table!.Size) throw new MalformedDataException(Where, offset, $"outside the table, which has {table.Size} bytes");
            _windowStart = offset;
            _window = image.Copy(table.FileOffset + offset, Math.Min(table.Size - offset, WindowBytes), Where);
            return _window;
        }
    }
}
