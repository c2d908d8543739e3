using Emleak.Elf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>Gathers the addresses that entries claim.</summary>
internal static class EntryRanges
{
    // Per unit; those of the largest link-time optimized programs have some 500,000. Many entries of a hostile file may share one long list.
    private const int MaxRanges = 1 << 22;

    /// <summary>Adds the addresses of one entry that lie in code that the linker kept.</summary>
    /// <param name="unit">The entry's unit.</param>
    /// <param name="low">Its DW_AT_low_pc.</param>
    /// <param name="high">Its DW_AT_high_pc.</param>
    /// <param name="ranges">Its DW_AT_ranges.</param>
    /// <param name="value">What to note for them.</param>
    /// <param name="into">Where to add them.</param>
    /// <exception cref="MalformedDataException">The list of ranges is corrupt, or there are more than in any real file.</exception>
    public static void Append(Unit unit, AttributeValue low, AttributeValue high, AttributeValue ranges, int value, List<Interval> into)
    {
        if (high.IsPresent && unit.TryGetAddress(low, out ulong start))
        {
            if (!unit.TryGetAddress(high, out ulong end)) end = unchecked(start + high.Raw);
            Add(unit, start, end, value, into);
        }
        else if (ranges.IsPresent)
        {
            RangeListReader list = RangeListReader.Open(unit, ranges);
            for (int count = 0; list.Next(out start, out ulong end); count++)
            {
                if (count > MaxRanges) throw TooMany();
                Add(unit, start, end, value, into);
            }
        }
    }

    private static void Add(Unit unit, ulong start, ulong end, int value, List<Interval> into)
    {
        if (start >= end || !unit.Sections.Code.Contains(start)) return;
        if (into.Count > MaxRanges) throw TooMany();
        into.Add(new Interval(start, end, value));
    }

    private static MalformedDataException TooMany() => new(".debug_info", 0, $"more than {MaxRanges} ranges of addresses in a unit");
}
