using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>Reads the header of a line program (DWARF 5, section 6.2.4; before it, DWARF 4, section 6.2.4).</summary>
internal ref struct LineHeaderReader
{
    private const string Where = ".debug_line";

    // The units of link-time optimized browsers have some 50,000.
    private const int MaxFiles = 1 << 20;

    private readonly Unit _unit;
    private ByteReader _reader;
    private UnitFormat _format;

    private LineHeaderReader(Unit unit, ByteReader reader)
    {
        _unit = unit;
        _reader = reader;
    }

    /// <summary>What the names of files and folders consist of.</summary>
    private enum ContentKind
    {
        Path = 1,
        FolderIndex = 2,
    }

    /// <exception cref="MalformedDataException">The header is corrupt, or of an unknown version.</exception>
    public static LineHeader Read(Unit unit, ulong offset)
    {
        ByteReader reader = unit.Sections.Read(unit.Sections.Lines, Where);
        reader.Seek(offset);
        return new LineHeaderReader(unit, reader).Read();
    }

    private LineHeader Read()
    {
        int length = UnitFormat.ReadLength(ref _reader, Where, out bool is64);
        int end = _reader.Position + length;
        ReadFormat(is64);
        ulong headerLength = _reader.ReadWord(is64);
        int headerStart = _reader.Position;
        if (headerLength > (ulong)Math.Max(0, end - headerStart))
        {
            throw new MalformedDataException(Where, headerStart, $"a header of 0x{headerLength:x} bytes in a program that is shorter");
        }

        byte minLength = _reader.ReadU8();
        byte maxOperations = _format.Version >= 4 ? _reader.ReadU8() : (byte)1;
        _reader.Skip(1);
        sbyte lineBase = (sbyte)_reader.ReadU8();
        byte lineRange = _reader.ReadU8();
        byte opcodeBase = _reader.ReadU8();
        byte[] argumentCounts = _reader.ReadBytes(Math.Max(0, opcodeBase - 1)).ToArray();
        return new LineHeader
        {
            Format = _format,
            ProgramStart = headerStart + (int)headerLength,
            ProgramEnd = end,
            MinInstructionLength = minLength,
            MaxOperations = Math.Max((byte)1, maxOperations),
            LineBase = lineBase,
            LineRange = lineRange,
            OpcodeBase = opcodeBase,
            ArgumentCounts = argumentCounts,
            Files = _format.Version >= 5 ? ReadFiles() : ReadOldFiles(),
        };
    }

    private void ReadFormat(bool is64)
    {
        int start = _reader.Position;
        ushort version = _reader.ReadU16();
        if (version is < 2 or > 5) throw new MalformedDataException(Where, start, $"unknown version {version}");
        byte addressSize = version >= 5 ? _reader.ReadU8() : _unit.Format.AddressSize;
        if (version >= 5) _reader.Skip(1);
        if (!UnitFormat.IsAddressSize(addressSize)) throw new MalformedDataException(Where, start, $"addresses of {addressSize} bytes");
        _format = new UnitFormat(version, addressSize, is64);
    }

    private LineFiles ReadOldFiles()
    {
        List<LineFile> folders = [];
        List<LineFile> files = [];
        while (TryReadName(out AttributeValue name)) folders.Add(new LineFile(name, 0));
        while (TryReadName(out AttributeValue name))
        {
            files.Add(new LineFile(name, _reader.ReadUleb128()));
            _reader.SkipLeb128();
            _reader.SkipLeb128();
        }

        return new LineFiles(_unit, _format.Version, [.. folders], [.. files]);
    }

    private bool TryReadName(out AttributeValue name)
    {
        name = new AttributeValue(DwarfForm.String, (ulong)_reader.Position);
        return !_reader.ReadCString().IsEmpty;
    }

    private LineFiles ReadFiles() => new(_unit, _format.Version, ReadTable(), ReadTable());

    private LineFile[] ReadTable()
    {
        Span<(ulong Content, DwarfForm Form)> shape = new (ulong, DwarfForm)[_reader.ReadU8()];
        foreach (ref (ulong Content, DwarfForm Form) column in shape)
        {
            column = (_reader.ReadUleb128(), (DwarfForm)Math.Min(_reader.ReadUleb128(), ushort.MaxValue));
        }

        ulong count = _reader.ReadUleb128();
        if (count > (ulong)Math.Min(_reader.Remaining, MaxFiles) || (count > 0 && shape.IsEmpty))
        {
            throw new MalformedDataException(Where, _reader.Position, $"{count} names in {_reader.Remaining} bytes");
        }

        var rows = new LineFile[count];
        foreach (ref LineFile row in rows.AsSpan()) row = ReadRow(shape);
        return rows;
    }

    private LineFile ReadRow(ReadOnlySpan<(ulong Content, DwarfForm Form)> shape)
    {
        LineFile row = default;
        foreach ((ulong content, DwarfForm form) in shape)
        {
            AttributeValue value = FormReader.Read(ref _reader, form, 0, _format);
            if (content == (ulong)ContentKind.Path) row = row with { Name = value };
            else if (content == (ulong)ContentKind.FolderIndex) row = row with { Folder = value.Raw };
        }

        return row;
    }
}
