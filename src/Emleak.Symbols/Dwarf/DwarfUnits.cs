using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>The units of one file, opened when first needed.</summary>
internal sealed class DwarfUnits
{
    private readonly AbbreviationCache _abbreviations;
    private readonly UnitTable _table;
    private readonly Unit?[] _units;

    /// <exception cref="MalformedDataException"><c>.debug_info</c> cannot be read at all.</exception>
    public DwarfUnits(DwarfSections sections)
    {
        Sections = sections;
        _abbreviations = new AbbreviationCache(sections);
        _table = UnitTable.Read(sections);
        _units = new Unit?[_table.Count];
        Index = UnitIndex.Build(sections, _table, _abbreviations);
    }

    public DwarfSections Sections { get; }

    public UnitIndex Index { get; }

    /// <summary>What was wrong with the first corrupt unit, or null.</summary>
    public string? Problem => _table.Problem ?? Index.Problem;

    /// <exception cref="MalformedDataException">The unit's first entry is corrupt.</exception>
    public Unit this[int index] => _units[index] ??= new Unit(Sections, _abbreviations, _table[index]);

    /// <summary>The unit that a place in <c>.debug_info</c> lies in, or null.</summary>
    /// <exception cref="MalformedDataException">The unit's first entry is corrupt.</exception>
    public Unit? FindContaining(ulong position) => _table.FindContaining(position) is >= 0 and int index ? this[index] : null;
}
