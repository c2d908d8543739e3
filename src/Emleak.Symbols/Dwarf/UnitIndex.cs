using Emleak.Elf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// Finds the unit that an address belongs to: from <c>.debug_aranges</c>, and for units that are not listed there from what their
/// own first entry says. (<c>.debug_names</c> has names, not addresses.)
/// </summary>
internal sealed class UnitIndex
{
    private readonly IntervalMap _map;
    private readonly int _lastUnit;

    private UnitIndex(IntervalMap map, int unitCount, string? problem)
    {
        _map = map;
        _lastUnit = unitCount - 1;
        Problem = problem;
    }

    /// <summary>What was wrong with the first corrupt unit or table, or null. The others are in the index all the same.</summary>
    public string? Problem { get; }

    public static UnitIndex Build(DwarfUnits file)
    {
        UnitTable units = file.Table;
        List<Interval> ranges = [];
        var isListed = new bool[units.Count];
        string? problem = ReadTable(file.Sections, units, ranges, isListed);
        for (int i = 0; i < units.Count; i++)
        {
            if (isListed[i] || !units[i].HasCode) continue;
            try
            {
                Unit unit = new(file, units[i]);
                EntryRanges.Append(unit, unit.Root.LowPc, unit.Root.HighPc, unit.Root.Ranges, i, ranges);
            }
            catch (MalformedDataException corrupt)
            {
                problem ??= corrupt.Message;
            }
        }

        // The first of several units that claim an address gets it; in the map the highest value wins.
        for (int i = 0; i < ranges.Count; i++) ranges[i] = ranges[i] with { Value = units.Count - 1 - ranges[i].Value };
        return new UnitIndex(new IntervalMapBuilder().Build(ranges), units.Count, problem);
    }

    /// <summary>Index of the unit, or -1.</summary>
    public int Find(ulong address) => _map.Find(address) is >= 0 and int value ? _lastUnit - value : -1;

    private static string? ReadTable(DwarfSections sections, UnitTable units, List<Interval> ranges, bool[] isListed)
    {
        try
        {
            AddressRangeTable table = new(sections);
            while (table.Next(units, ranges, out int unit))
            {
                if (unit >= 0) isListed[unit] = true;
            }

            return null;
        }
        catch (MalformedDataException corrupt)
        {
            return corrupt.Message;
        }
    }
}
