using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>Where a file has instructions that can be on a stack: an entry that describes anything else is damaged, or left over.</summary>
internal sealed class CodeRanges
{
    private readonly List<(ulong Start, ulong End)> _ranges;

    private CodeRanges(List<(ulong Start, ulong End)> ranges) => _ranges = ranges;

    public static CodeRanges Of(ElfImage image) => new(
        [.. image.Segments
            .Where(segment => segment.IsLoad && segment.IsExecutable && segment.Address + segment.MemorySize > segment.Address)
            .Select(segment => (segment.Address, segment.Address + segment.MemorySize))]);

    public bool Contains(ulong start, ulong end)
    {
        foreach ((ulong first, ulong last) in _ranges)
        {
            if (start >= first && end <= last) return start < end;
        }

        return false;
    }
}
