using System.Buffers.Binary;
using System.Text;

namespace Emleak.Elf.Tests;

/// <summary>Writes small ELF files into memory, of either class and byte order, for tests to read and to break.</summary>
public sealed class ElfBuilder(bool is64 = true, bool bigEndian = false)
{
    private readonly List<Section> _sections = [new("", 0, 0, 0, [], 0, 0, 0)];
    private readonly List<(uint Type, uint Flags, int Section)> _segments = [];

    public ushort Type { get; init; } = 3;

    public ushort Machine { get; init; } = 62;

    /// <summary>The 16-bit section count and names index overflow into section 0 (gABI, "ELF Header").</summary>
    public bool ExtendedNumbering { get; init; }

    public int AddSection(
        string name, uint type, byte[] data, ulong flags = 0, ulong address = 0, uint link = 0, uint info = 0, ulong entrySize = 0)
    {
        _sections.Add(new Section(name, type, flags, address, data, link, info, entrySize));
        return _sections.Count - 1;
    }

    public int AddCode(string name, ulong address, int size) => AddSection(name, 1, new byte[size], flags: 6, address);

    public void AddSegment(uint type, int section, uint flags = 5) => _segments.Add((type, flags, section));

    public void AddNote(string name, uint type, byte[] description)
    {
        MemoryStream note = new();
        byte[] owner = [.. Encoding.UTF8.GetBytes(name), 0];
        Write32(note, (uint)owner.Length);
        Write32(note, (uint)description.Length);
        Write32(note, type);
        WritePadded(note, owner);
        WritePadded(note, description);
        AddSection(".note", 7, note.ToArray(), flags: 2);
    }

    public void AddSymbols(bool dynamic, params Symbol[] symbols)
    {
        MemoryStream rows = new();
        MemoryStream strings = new();
        strings.WriteByte(0);
        rows.Write(new byte[is64 ? 24 : 16]);
        foreach (Symbol symbol in symbols)
        {
            uint name = (uint)strings.Position;
            strings.Write(Encoding.UTF8.GetBytes(symbol.Name));
            strings.WriteByte(0);
            byte info = (byte)((symbol.Binding << 4) | symbol.Kind);
            Write32(rows, name);
            if (!is64) WriteWord(rows, symbol.Value);
            if (!is64) WriteWord(rows, symbol.Size);
            rows.WriteByte(info);
            rows.WriteByte(0);
            Write16(rows, (ushort)symbol.Section);
            if (is64) WriteWord(rows, symbol.Value);
            if (is64) WriteWord(rows, symbol.Size);
        }

        int table = AddSection(dynamic ? ".dynstr" : ".strtab", 3, strings.ToArray());
        AddSection(dynamic ? ".dynsym" : ".symtab", dynamic ? 11u : 2u, rows.ToArray(), link: (uint)table, entrySize: is64 ? 24u : 16u);
    }

    public byte[] Build()
    {
        MemoryStream names = new();
        names.WriteByte(0);
        uint[] nameOffsets = [.. _sections.Select(section => AddName(names, section.Name)), AddName(names, ".shstrtab")];
        List<Section> sections = [.. _sections, new(".shstrtab", 3, 0, 0, names.ToArray(), 0, 0, 0)];

        int headerSize = is64 ? 64 : 52;
        int segmentsSize = _segments.Count * (is64 ? 56 : 32);
        MemoryStream body = new();
        body.Write(new byte[headerSize + segmentsSize]);
        var offsets = new ulong[sections.Count];
        for (int i = 1; i < sections.Count; i++)
        {
            while (body.Position % 8 != 0) body.WriteByte(0);
            offsets[i] = (ulong)body.Position;
            body.Write(sections[i].Data);
        }

        while (body.Position % 8 != 0) body.WriteByte(0);
        ulong tableOffset = (ulong)body.Position;
        for (int i = 0; i < sections.Count; i++) WriteSection(body, sections, i, nameOffsets[i], offsets[i]);
        body.Position = headerSize;
        foreach ((uint type, uint flags, int section) in _segments) WriteSegment(body, type, flags, sections[section], offsets[section]);
        body.Position = 0;
        WriteHeader(body, headerSize, tableOffset, sections.Count);
        return body.ToArray();
    }

    private static uint AddName(MemoryStream names, string name)
    {
        uint offset = (uint)names.Position;
        names.Write(Encoding.UTF8.GetBytes(name));
        names.WriteByte(0);
        return offset;
    }

    private void WriteHeader(MemoryStream body, int headerSize, ulong tableOffset, int sectionCount)
    {
        body.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(is64 ? 2 : 1), (byte)(bigEndian ? 2 : 1), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Write16(body, Type);
        Write16(body, Machine);
        Write32(body, 1);
        WriteWord(body, 0x1234);
        WriteWord(body, _segments.Count == 0 ? 0 : (ulong)headerSize);
        WriteWord(body, tableOffset);
        Write32(body, 0);
        Write16(body, (ushort)headerSize);
        Write16(body, (ushort)(is64 ? 56 : 32));
        Write16(body, (ushort)_segments.Count);
        Write16(body, (ushort)(is64 ? 64 : 40));
        Write16(body, (ushort)(ExtendedNumbering ? 0 : sectionCount));
        Write16(body, (ushort)(ExtendedNumbering ? 0xffff : sectionCount - 1));
    }

    private void WriteSection(MemoryStream body, List<Section> sections, int index, uint nameOffset, ulong offset)
    {
        Section section = sections[index];
        bool extended = index == 0 && ExtendedNumbering;
        Write32(body, nameOffset);
        Write32(body, section.Type);
        WriteWord(body, section.Flags);
        WriteWord(body, section.Address);
        WriteWord(body, offset);
        WriteWord(body, extended ? (ulong)sections.Count : (ulong)section.Data.Length);
        Write32(body, extended ? (uint)sections.Count - 1 : section.Link);
        Write32(body, section.Info);
        WriteWord(body, 8);
        WriteWord(body, section.EntrySize);
    }

    private void WriteSegment(MemoryStream body, uint type, uint flags, Section section, ulong offset)
    {
        ulong size = (ulong)section.Data.Length;
        Write32(body, type);
        if (is64) Write32(body, flags);
        WriteWord(body, offset);
        WriteWord(body, section.Address);
        WriteWord(body, section.Address);
        WriteWord(body, size);
        WriteWord(body, size);
        if (!is64) Write32(body, flags);
        WriteWord(body, 8);
    }

    private static void WritePadded(MemoryStream stream, byte[] bytes)
    {
        stream.Write(bytes);
        while (stream.Position % 4 != 0) stream.WriteByte(0);
    }

    private void Write16(MemoryStream stream, ushort value)
    {
        var bytes = new byte[2];
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private void Write32(MemoryStream stream, uint value)
    {
        var bytes = new byte[4];
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private void WriteWord(MemoryStream stream, ulong value)
    {
        if (!is64)
        {
            Write32(stream, checked((uint)value));
            return;
        }

        var bytes = new byte[8];
        if (bigEndian) BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    /// <summary>A row for <see cref="AddSymbols"/>.</summary>
    public sealed record Symbol(string Name, ulong Value, ulong Size, int Section, byte Kind = 2, byte Binding = 1);

    private sealed record Section(string Name, uint Type, ulong Flags, ulong Address, byte[] Data, uint Link, uint Info, ulong EntrySize);
}
