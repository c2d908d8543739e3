using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>Where a file has instructions that can be on a stack: an entry that describes anything else is damaged, or left over.</summary>
internal sealed class CodeRanges
{
    // Ascending, without overlaps.
    private readonly List<ulong> _starts = [];
    private readonly List<ulong> _ends = [];

    private CodeRanges(IEnumerable<(ulong Start, ulong End)> ascending)
    {
        foreach ((ulong start, ulong end) in ascending)
        {
            if (_ends.Count == 0 || start > _ends[^1])
            {
                _starts.Add(start);
                _ends.Add(end);
            }
            else
            {
                _ends[^1] = Math.Max(_ends[^1], end);
            }
        }
    }

    public static CodeRanges Of(ElfImage image) => new(image.Segments
        .Where(segment => segment.IsLoad && segment.IsExecutable && segment.Address + segment.MemorySize > segment.Address)
        .Select(segment => (segment.Address, segment.Address + segment.MemorySize))
        .OrderBy(range => range.Address));

    /// <summary>True when all of a range that is not empty is code.</summary>
    public bool Contains(ulong start, ulong end)
    {
        int at = _starts.BinarySearch(start);
        if (at < 0) at = ~at - 1;
        return at >= 0 && start < end && end <= _ends[at];
    }
}
