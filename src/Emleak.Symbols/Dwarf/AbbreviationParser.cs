using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// Reads a table of abbreviations and works out the way through entries of each shape: neighbouring values of known size become one step, so
/// that the work for an entry is bounded by its bytes, whatever a hostile table says.
/// </summary>
internal ref struct AbbreviationParser
{
    /// <summary>Most attributes of one entry. Compilers give it some twenty.</summary>
    public const int MaxAttributes = 1 << 10;

    private const string Where = ".debug_abbrev";

    private readonly UnitFormat _format;
    private readonly List<Abbreviation> _rows;
    private readonly List<ScanStep> _steps;
    private ByteReader _reader;
    private Dictionary<ulong, int>? _rowOfCode;

    private AbbreviationParser(ReadOnlySpan<byte> section, ulong offset, UnitFormat format, AbbreviationBuffers buffers)
    {
        buffers.Clear();
        (_rows, _steps) = (buffers.Rows, buffers.Steps);
        _format = format;
        _reader = new ByteReader(section, Where);
        _reader.Seek(offset);
    }

    /// <summary>Reads the table at <paramref name="offset"/>.</summary>
    /// <param name="section">The whole <c>.debug_abbrev</c>.</param>
    /// <param name="offset">Where the table starts.</param>
    /// <param name="format">The format of the units that use it.</param>
    /// <param name="buffers">Memory for the work.</param>
    /// <param name="size">Size of the table in bytes.</param>
    /// <exception cref="MalformedDataException">The table is corrupt.</exception>
    public static AbbreviationTable Parse(ReadOnlySpan<byte> section, ulong offset, UnitFormat format, AbbreviationBuffers buffers, out int size)
    {
        AbbreviationParser parser = new(section, offset, format, buffers);
        while (parser._reader.ReadUleb128() is not 0 and ulong code) parser.ReadRow(code);
        size = parser._reader.Position - (int)offset;
        return new AbbreviationTable([.. parser._rows], [.. parser._steps], parser._rowOfCode);
    }

    /// <summary>Reads no more than the first abbreviation of a table, which is that of the unit itself.</summary>
    /// <returns>Where its attributes start; -1 when the first one has another code.</returns>
    /// <exception cref="MalformedDataException">The table is corrupt.</exception>
    public static int FindFirst(ReadOnlySpan<byte> section, ulong offset, ulong code)
    {
        ByteReader reader = new(section, Where);
        reader.Seek(offset);
        if (reader.ReadUleb128() != code) return -1;
        reader.SkipLeb128();
        reader.Skip(1);
        return reader.Position;
    }

    private void ReadRow(ulong code)
    {
        int row = _rows.Count;
        if (_rowOfCode is null && code != (ulong)row + 1) ListCodes();

        // The first of two with one code counts.
        _rowOfCode?.TryAdd(code, row);
        ulong tag = _reader.ReadUleb128();
        bool hasChildren = _reader.ReadU8() != 0;
        EntryRole role = RoleOf((DwarfTag)Math.Min(tag, ushort.MaxValue));
        int attributes = _reader.Position;
        int firstStep = _steps.Count;
        ReadAttributes(ref role);
        int fixedSize = FixedSize(firstStep);
        if (fixedSize >= 0) _steps.RemoveRange(firstStep, _steps.Count - firstStep);
        _rows.Add(new Abbreviation(role, hasChildren, fixedSize, firstStep, _steps.Count - firstStep, attributes));
    }

    private void ListCodes()
    {
        _rowOfCode = [];
        for (int i = 0; i < _rows.Count; i++) _rowOfCode.Add((ulong)i + 1, i);
    }

    private void ReadAttributes(ref EntryRole role)
    {
        uint seen = 0;
        int firstStep = _steps.Count;
        for (int count = 0; ; count++)
        {
            ulong attribute = _reader.ReadUleb128();
            ulong form = _reader.ReadUleb128();
            if (attribute == 0 && form == 0) return;
            if (count == MaxAttributes) throw new MalformedDataException(Where, _reader.Position, $"more than {MaxAttributes} attributes");
            if (form > ushort.MaxValue) throw new MalformedDataException(Where, _reader.Position, $"unknown form 0x{form:x}");
            if (form == (ulong)DwarfForm.ImplicitConstant) _reader.SkipLeb128();

            // A function that is only declared. Modules of D are declared, too (gdc), and hold the code of templates that were expanded here.
            bool isDeclaration = attribute == (ulong)DwarfAttribute.Declaration && form == (ulong)DwarfForm.FlagPresent;
            if (isDeclaration && role == EntryRole.Function) role = EntryRole.Codeless;

            ScanStepKind kind = WantedBy(role, attribute);
            bool isRead = kind != ScanStepKind.Skip && form != (ulong)DwarfForm.ImplicitConstant && (seen & (1u << (int)kind)) == 0;
            if (isRead) seen |= 1u << (int)kind;
            _steps.Add(isRead ? new ScanStep(kind, (ushort)form) : SkipStep((DwarfForm)form));
            MergeLast(firstStep);
        }
    }

    private static EntryRole RoleOf(DwarfTag tag) => tag switch
    {
        DwarfTag.Subprogram => EntryRole.Function,
        DwarfTag.InlinedSubroutine => EntryRole.Inlined,
        DwarfTag.StructureType or DwarfTag.ClassType or DwarfTag.UnionType or DwarfTag.InterfaceType => EntryRole.Class,
        DwarfTag.ArrayType or DwarfTag.EnumerationType or DwarfTag.SubroutineType or DwarfTag.CallSite or DwarfTag.GnuCallSite => EntryRole.Codeless,
        _ => EntryRole.Plain,
    };

    private static ScanStepKind WantedBy(EntryRole role, ulong attribute)
    {
        bool isCode = role is EntryRole.Function or EntryRole.Inlined;
        return attribute switch
        {
            (ulong)DwarfAttribute.LowPc when isCode => ScanStepKind.ReadLowPc,
            (ulong)DwarfAttribute.HighPc when isCode => ScanStepKind.ReadHighPc,
            (ulong)DwarfAttribute.Ranges when isCode => ScanStepKind.ReadRanges,
            (ulong)DwarfAttribute.Sibling when role is EntryRole.Class or EntryRole.Codeless or EntryRole.Function => ScanStepKind.ReadSibling,
            _ => ScanStepKind.Skip,
        };
    }

    private readonly ScanStep SkipStep(DwarfForm form)
    {
        int size = FormReader.FixedSize(form, _format);
        return size >= 0 ? new ScanStep(ScanStepKind.Skip, (ushort)size) : new ScanStep(form switch
        {
            DwarfForm.String => ScanStepKind.SkipString,
            DwarfForm.SignedData or DwarfForm.UnsignedData or DwarfForm.ReferenceUnsigned or DwarfForm.StringIndex or DwarfForm.AddressIndex
                or DwarfForm.RangeListIndex or DwarfForm.LocationListIndex or DwarfForm.GnuAddressIndex or DwarfForm.GnuStringIndex => ScanStepKind.SkipLeb128,
            _ => ScanStepKind.SkipValue,
        }, (ushort)form);
    }

    private readonly void MergeLast(int firstStep)
    {
        int last = _steps.Count - 1;
        if (last == firstStep || _steps[last].Kind != ScanStepKind.Skip || _steps[last - 1].Kind != ScanStepKind.Skip) return;

        // 1024 values of 16 bytes fit.
        _steps[last - 1] = new ScanStep(ScanStepKind.Skip, (ushort)(_steps[last - 1].Argument + _steps[last].Argument));
        _steps.RemoveAt(last);
    }

    private readonly int FixedSize(int firstStep) => (_steps.Count - firstStep) switch
    {
        0 => 0,
        1 when _steps[firstStep].Kind == ScanStepKind.Skip => _steps[firstStep].Argument,
        _ => -1,
    };
}
