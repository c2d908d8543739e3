using Emleak.Elf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>Reads <c>.debug_aranges</c>, where compilers list the code of their units (DWARF 5, section 6.1.2).</summary>
internal ref struct AddressRangeTable
{
    private const string Where = ".debug_aranges";

    private readonly DwarfSections _sections;
    private ByteReader _reader;

    public AddressRangeTable(DwarfSections sections)
    {
        _sections = sections;
        _reader = sections.Read(sections.AddressRanges, Where);
    }

    /// <summary>Reads the ranges of the next unit.</summary>
    /// <param name="units">All units.</param>
    /// <param name="ranges">Where to add the ranges of code that the linker kept, with the unit's index as value.</param>
    /// <param name="unit">The unit; -1 when it is not one of <paramref name="units"/>.</param>
    /// <returns>False at the end of the section.</returns>
    /// <exception cref="MalformedDataException">The section is corrupt from here on.</exception>
    public bool Next(UnitTable units, List<Interval> ranges, out int unit)
    {
        unit = -1;
        if (_reader.Remaining == 0) return false;
        int start = _reader.Position;
        int length = UnitFormat.ReadLength(ref _reader, Where, out bool is64);
        int end = _reader.Position + length;
        ushort version = _reader.ReadU16();
        ulong unitStart = _reader.ReadWord(is64);
        byte addressSize = _reader.ReadU8();
        byte segmentSize = _reader.ReadU8();
        if (version == 2 && segmentSize == 0 && UnitFormat.IsAddressSize(addressSize))
        {
            unit = units.FindStart(unitStart);
            if (unit >= 0) ReadRanges(start, end, new UnitFormat(version, addressSize, is64), unit, ranges);
        }

        _reader.Position = end;
        return true;
    }

    private void ReadRanges(int start, int end, UnitFormat format, int unit, List<Interval> ranges)
    {
        // Rows are aligned to their size, counted from the start of the set.
        int rowSize = 2 * format.AddressSize;
        int header = _reader.Position - start;
        _reader.Skip((rowSize - (header % rowSize)) % rowSize);
        while (end - _reader.Position >= rowSize)
        {
            ulong address = format.ReadAddress(ref _reader);
            ulong size = format.ReadAddress(ref _reader);
            ulong after = unchecked(address + size);
            if (address < after && _sections.Code.Contains(address)) ranges.Add(new Interval(address, after, unit));
        }
    }
}
