using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>The units of one file, opened when first needed.</summary>
internal sealed class DwarfUnits
{
    private readonly Lazy<DwarfUnits?>? _supplement;
    private readonly Unit?[] _units;

    /// <summary>Reads the headers of the units.</summary>
    /// <param name="sections">The file's sections.</param>
    /// <param name="skeleton">In a split file, the unit that knows the addresses of the others.</param>
    /// <param name="supplement">The supplementary file's units; null when there can be none.</param>
    /// <exception cref="MalformedDataException"><c>.debug_info</c> cannot be read at all.</exception>
    public DwarfUnits(DwarfSections sections, Unit? skeleton = null, Lazy<DwarfUnits?>? supplement = null)
    {
        _supplement = supplement;
        Sections = sections;
        Skeleton = skeleton;
        Abbreviations = new AbbreviationCache(sections);
        Names = new FunctionNames(this);
        Table = UnitTable.Read(sections);
        _units = new Unit?[Table.Count];
    }

    public DwarfSections Sections { get; }

    public AbbreviationCache Abbreviations { get; }

    public FunctionNames Names { get; }

    public UnitTable Table { get; }

    /// <summary>In a split file, the unit that knows the addresses of the others; otherwise null.</summary>
    public Unit? Skeleton { get; }

    /// <summary>The units of the supplementary file, which several files share; null when there is none, or it was not found.</summary>
    /// <exception cref="MalformedDataException">The supplementary file is corrupt.</exception>
    public DwarfUnits? Supplement => _supplement?.Value;

    /// <exception cref="MalformedDataException">The unit's first entry is corrupt.</exception>
    public Unit this[int index] => _units[index] ??= new Unit(this, Table[index]);

    /// <summary>The unit that a place in <c>.debug_info</c> lies in, or null.</summary>
    /// <exception cref="MalformedDataException">The unit's first entry is corrupt.</exception>
    public Unit? FindContaining(ulong position) => Table.FindContaining(position) is >= 0 and int index ? this[index] : null;
}
