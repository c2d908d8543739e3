using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>Reads the ranges of addresses of an entry (DWARF 5, section 2.17.3; before it, DWARF 4, section 2.17.3).</summary>
internal ref struct RangeListReader
{
    private readonly Unit _unit;
    private ByteReader _reader;
    private ulong _base;

    private RangeListReader(Unit unit, ByteReader reader)
    {
        _unit = unit;
        _reader = reader;
        _base = unit.LowPc;
    }

    private enum EntryKind : byte
    {
        End = 0,
        IndexedBase = 1,
        IndexedStartAndEnd = 2,
        IndexedStartAndLength = 3,
        Offsets = 4,
        Base = 5,
        StartAndEnd = 6,
        StartAndLength = 7,
    }

    /// <summary>Starts at a list's first range.</summary>
    /// <exception cref="MalformedDataException">There is no such list.</exception>
    public static RangeListReader Open(Unit unit, AttributeValue list)
    {
        DwarfSections sections = unit.Sections;
        if (unit.Format.Version < 5)
        {
            // Those of a split unit stay with its skeleton, which says where they start.
            Unit? skeleton = unit.Units.Skeleton;
            sections = skeleton?.Sections ?? sections;
            ByteReader ranges = sections.Read(sections.Ranges, ".debug_ranges");
            ranges.Seek(unchecked(list.Raw + (skeleton?.Root.SplitRangesBase.Raw ?? 0)));
            return new RangeListReader(unit, ranges);
        }

        return new RangeListReader(unit, OpenNew(unit, sections, list));
    }

    /// <summary>Reads the next range that is not empty.</summary>
    /// <returns>False at the list's end.</returns>
    /// <exception cref="MalformedDataException">The list is corrupt.</exception>
    public bool Next(out ulong start, out ulong end)
    {
        while (_unit.Format.Version < 5 ? NextOld(out start, out end) : NextNew(out start, out end))
        {
            if (start < end) return true;
        }

        return false;
    }

    private static ByteReader OpenNew(Unit unit, DwarfSections sections, AttributeValue list)
    {
        const int HeaderSize = 12;
        const int HeaderSize64 = 20;
        ByteReader reader = sections.Read(sections.RangeLists, ".debug_rnglists");
        if (list.Form != DwarfForm.RangeListIndex)
        {
            reader.Seek(list.Raw);
            return reader;
        }

        // The offsets in the table count from the table's start.
        UnitFormat format = unit.Format;
        AttributeValue given = unit.Root.RangeListsBase;
        ulong table = given.IsPresent ? given.Raw : (ulong)(format.Is64 ? HeaderSize64 : HeaderSize);
        reader = unit.OpenIndexed(sections.RangeLists, ".debug_rnglists", table, list.Raw, format.OffsetSize);
        reader.Seek(unchecked(table + reader.ReadWord(format.Is64)));
        return reader;
    }

    private bool NextOld(out ulong start, out ulong end)
    {
        start = _unit.Format.ReadAddress(ref _reader);
        end = _unit.Format.ReadAddress(ref _reader);
        if (start == 0 && end == 0) return false;
        if (start == _unit.Format.HighestAddress)
        {
            _base = end;
            end = start;
            return true;
        }

        start = unchecked(start + _base);
        end = unchecked(end + _base);
        return true;
    }

    private bool NextNew(out ulong start, out ulong end)
    {
        start = end = 0;
        var kind = (EntryKind)_reader.ReadU8();
        switch (kind)
        {
            case EntryKind.End:
                return false;
            case EntryKind.IndexedBase:
                _base = _unit.GetIndexedAddress(_reader.ReadUleb128());
                break;
            case EntryKind.Base:
                _base = _unit.Format.ReadAddress(ref _reader);
                break;
            case EntryKind.Offsets:
                start = unchecked(_base + _reader.ReadUleb128());
                end = unchecked(_base + _reader.ReadUleb128());
                break;
            case EntryKind.IndexedStartAndEnd:
                start = _unit.GetIndexedAddress(_reader.ReadUleb128());
                end = _unit.GetIndexedAddress(_reader.ReadUleb128());
                break;
            case EntryKind.IndexedStartAndLength:
                start = _unit.GetIndexedAddress(_reader.ReadUleb128());
                end = unchecked(start + _reader.ReadUleb128());
                break;
            case EntryKind.StartAndEnd:
                start = _unit.Format.ReadAddress(ref _reader);
                end = _unit.Format.ReadAddress(ref _reader);
                break;
            case EntryKind.StartAndLength:
                start = _unit.Format.ReadAddress(ref _reader);
                end = unchecked(start + _reader.ReadUleb128());
                break;
            default:
                throw new MalformedDataException(".debug_rnglists", _reader.Position - 1, $"unknown kind {(byte)kind}");
        }

        return true;
    }
}
