using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>The functions that one section describes, ascending and without overlaps, and the making of their rows.</summary>
internal sealed class SectionFunctions
{
    private readonly FrameSection _section;
    private readonly FrameFormat _format;
    private readonly IReadOnlyList<CommonEntry> _commons;
    private readonly List<ulong> _starts;
    private readonly List<FunctionEntry> _functions;
    private readonly CallFrameState[] _remembered = CallFrameProgram.MakeRoom();

    private SectionFunctions(FrameSection section, in FrameFormat format, FrameEntryReader entries)
    {
        _section = section;
        _format = format;
        _commons = entries.Commons;
        _starts = entries.Starts;
        _functions = entries.Functions;
        Damaged = entries.Damaged;
    }

    public int Count => _functions.Count;

    /// <summary>The number of the function whose rows are next.</summary>
    public int Next { get; private set; }

    /// <summary>Functions that are left out.</summary>
    public int Damaged { get; private set; }

    /// <summary>Where the next function begins and ends.</summary>
    public (ulong Start, ulong End) Current => (_starts[Next], _functions[Next].End);

    public ulong StartOf(int number) => _starts[number];

    public static SectionFunctions Read(FrameSection section, CodeRanges code, UnwindRegisters registers)
    {
        FrameFormat format = new(section.Where, new FrameBases(section.Image, section.Address), section.IsDebugFrame, section.EndsAtEmptyEntry, registers);
        FrameEntryReader entries = new(format, code);
        int unreadable = 0;
        try
        {
            entries.ReadAll(section.Data);
        }
        catch (MalformedDataException)
        {
            // The section itself: it lies outside the file, or does not expand.
            unreadable = 1;
        }

        SectionFunctions functions = new(section, format, entries);
        functions.Damaged += unreadable;
        functions.Sort();
        functions.RemoveOverlaps();
        return functions;
    }

    /// <summary>Leaves out what another section describes, wholly or in part.</summary>
    public void RemoveWhatIsIn(SectionFunctions other) => Keep(i =>
    {
        int at = other._starts.BinarySearch(_starts[i]);
        if (at >= 0) return false;
        int after = ~at;
        bool startsInside = after > 0 && other._functions[after - 1].End > _starts[i];
        bool endsInside = after < other.Count && other._starts[after] < _functions[i].End;
        return !startsInside && !endsInside;
    });

    /// <summary>Makes the rows of the next function, and moves on.</summary>
    public void AddNextRows(UnwindRowBuilder rows)
    {
        ulong start = _starts[Next];
        FunctionEntry function = _functions[Next];
        Next++;
        if (Damaged >= FrameEntryReader.MostDamaged || !rows.HasRoomFor(function.End))
        {
            Damaged++;
            rows.Add(start, default);
            return;
        }

        CommonEntry common = _commons[function.Common];
        if (common.IsSignal) rows.Add(start, UnwindRule.Of(UnwindKind.Signal));
        else RunProgram(rows, start, function, common);
    }

    private void RunProgram(UnwindRowBuilder rows, ulong start, in FunctionEntry function, CommonEntry common)
    {
        ByteReader reader = new(_section.Data[..function.InstructionsEnd], _format.Where) { Position = function.Instructions };
        CallFrameProgram program = new(reader, _format, common, _remembered, rows, start, function.End);
        try
        {
            program.Run();
            if (!rows.HasRoomFor(function.End)) Damaged++;
        }
        catch (MalformedDataException)
        {
            // The rows up to here stand; what comes after is not known.
            Damaged++;
            rows.Add(program.Location, default);
        }
    }

    private void Sort()
    {
        // Linkers write them in the order of the code, more or less.
        for (int i = 1; i < _starts.Count; i++)
        {
            if (_starts[i] >= _starts[i - 1]) continue;
            MemoryExtensions.Sort(CollectionsMarshal.AsSpan(_starts), CollectionsMarshal.AsSpan(_functions));
            return;
        }
    }

    private void RemoveOverlaps()
    {
        ulong end = 0;
        int before = Count;
        Keep(i =>
        {
            if (_starts[i] < end) return false;
            end = _functions[i].End;
            return true;
        });
        Damaged += before - Count;
    }

    private void Keep(Func<int, bool> isKept)
    {
        int kept = 0;
        for (int i = 0; i < _starts.Count; i++)
        {
            if (!isKept(i)) continue;
            (_starts[kept], _functions[kept]) = (_starts[i], _functions[i]);
            kept++;
        }

        _starts.RemoveRange(kept, _starts.Count - kept);
        _functions.RemoveRange(kept, _functions.Count - kept);
    }
}
