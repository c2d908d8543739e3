namespace Emleak.Symbols.Unwind;

/// <summary>From sections of call-frame information to one table.</summary>
internal static class UnwindTableReader
{
    /// <param name="sections">The most trusted first: what one describes is not looked for in the next.</param>
    /// <param name="code">Where there are instructions.</param>
    /// <param name="registers">The architecture's.</param>
    public static UnwindTable Read(IReadOnlyList<FrameSection> sections, CodeRanges code, UnwindRegisters registers)
    {
        List<SectionFunctions> read = [];
        foreach (FrameSection section in sections)
        {
            SectionFunctions functions = SectionFunctions.Read(section, code, registers);
            foreach (SectionFunctions other in read)
            {
                functions.RemoveWhatIsIn(other);
            }

            read.Add(functions);
        }

        read.RemoveAll(functions => functions.Count == 0 && functions.Damaged == 0);
        return Merge(read);
    }

    private static UnwindTable Merge(List<SectionFunctions> sections)
    {
        SectionFunctions[] filled = [.. sections.Where(functions => functions.Count > 0)];
        if (filled.Length == 0) return new UnwindTable(0, [], [], sections.Sum(functions => functions.Damaged));

        // A function has some four or five rows.
        UnwindRowBuilder rows = new(filled.Min(functions => functions.StartOf(0)), filled.Sum(functions => functions.Count) * 5);
        ulong end = 0;
        foreach (SectionFunctions functions in Ascending(filled))
        {
            (ulong start, ulong functionEnd) = functions.Current;
            if (start > end && end != 0) rows.Add(end, default);
            functions.AddNextRows(rows);
            end = functionEnd;
        }

        rows.Add(end, default);
        return rows.Build(sections.Sum(functions => functions.Damaged));
    }

    // The functions of all sections in ascending order: each time, the section whose next one is the lowest.
    private static IEnumerable<SectionFunctions> Ascending(SectionFunctions[] sections)
    {
        while (true)
        {
            SectionFunctions? lowest = null;
            foreach (SectionFunctions functions in sections)
            {
                if (functions.Next == functions.Count) continue;
                if (lowest is null || functions.StartOf(functions.Next) < lowest.StartOf(lowest.Next)) lowest = functions;
            }

            if (lowest is null) yield break;
            yield return lowest;
        }
    }
}
