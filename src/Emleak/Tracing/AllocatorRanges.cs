using Emleak.BpfLoader;
using Emleak.BpfLoader.Maps;
using Emleak.Probes;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>Tells the programs where the code of probed functions is: what is called from there is the allocator's own business (bpf/nesting.h).</summary>
internal sealed class AllocatorRanges(BpfCollection programs)
{
    // Above every address, as in the code map.
    private const ulong Nowhere = 1UL << 62;

    private readonly BpfMap<uint, AllocatorCode> _code = programs.Maps["allocator_code"].As<uint, AllocatorCode>();
    private Probes.CodeRange[] _known = [];
    private uint _current;

    /// <summary>How many ranges fit.</summary>
    public static int Capacity => (int)AllocatorLimits.MaxAllocatorRanges;

    /// <summary>Ranges that found no room: calls from there may count twice.</summary>
    public int Refused { get; private set; }

    /// <summary>Makes the code of these functions known, where it is in the process now.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Update(IEnumerable<Probe> probes)
    {
        Probes.CodeRange[] ranges = Merge([.. probes.SelectMany(probe => probe.CodeInProcess()).OrderBy(range => range.Start)]);
        Refused = Math.Max(0, ranges.Length - Capacity);
        if (ranges.AsSpan().SequenceEqual(_known)) return;
        AllocatorCode code = default;
        Span<Records.CodeRange> all = code.Ranges;
        for (int i = 0; i < all.Length; i++)
            all[i] = i < ranges.Length ? new Records.CodeRange { Start = ranges[i].Start, End = ranges[i].End } : new Records.CodeRange { Start = Nowhere };
        uint next = 1 - _current;
        _code.Update(next, code);
        programs.WriteVariable("current_allocator_code", next);
        (_current, _known) = (next, ranges);
    }

    private static Probes.CodeRange[] Merge(Probes.CodeRange[] ascending)
    {
        List<Probes.CodeRange> merged = [];
        foreach (Probes.CodeRange range in ascending)
        {
            if (merged.Count > 0 && range.Start <= merged[^1].End) merged[^1] = merged[^1] with { End = Math.Max(merged[^1].End, range.End) };
            else merged.Add(range);
        }

        return [.. merged];
    }
}
