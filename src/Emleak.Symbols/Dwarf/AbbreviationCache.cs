using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>The abbreviation tables of one file, each read once for all units of a format that share it.</summary>
internal sealed class AbbreviationCache(DwarfSections sections)
{
    // Tables of real files lie side by side. Those of a hostile one may all overlap, each as long as the section.
    private const long MaxOverlap = 4;
    private const long AlwaysAllowed = 1 << 20;

    private readonly DwarfSections _sections = sections;
    private readonly Dictionary<(ulong Offset, UnitFormat Format), AbbreviationTable> _tables = [];
    private readonly AbbreviationBuffers _buffers = new();
    private long _bytesRead;

    /// <exception cref="MalformedDataException">The table is corrupt, or tables overlap more than in any real file.</exception>
    public AbbreviationTable Get(in UnitHeader unit)
    {
        if (_tables.TryGetValue((unit.Abbreviations, unit.Format), out AbbreviationTable? known)) return known;
        ReadOnlySpan<byte> section = _sections.Abbreviations;
        if (_bytesRead > AlwaysAllowed + (section.Length * MaxOverlap))
        {
            throw new MalformedDataException(".debug_abbrev", (long)Math.Min(unit.Abbreviations, long.MaxValue), "the tables of many units overlap");
        }

        AbbreviationTable table = AbbreviationParser.Parse(section, unit.Abbreviations, unit.Format, _buffers, out int size);
        _bytesRead += size;
        _tables.Add((unit.Abbreviations, unit.Format), table);
        return table;
    }
}
