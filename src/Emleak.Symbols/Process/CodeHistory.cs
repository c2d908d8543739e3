namespace Emleak.Symbols.Process;

/// <summary>
/// The code that a process has mapped, and had: libraries are unloaded, and others come to lie where they were. Each mapping has an
/// incarnation, so that an address and an incarnation mean one place of one file for good.
/// </summary>
internal sealed class CodeHistory
{
    /// <summary>The greatest incarnation. What comes after has this one, too: names may then be those of another library.</summary>
    public const int Last = (1 << 14) - 1;

    // Ascending: what is mapped, and of what was mapped before the code of files that no code has replaced.
    private List<MemoryMapping> _known = [];

    // What something else has replaced.
    private readonly List<MemoryMapping> _replaced = [];

    /// <summary>What is mapped now, ascending.</summary>
    public IReadOnlyList<MemoryMapping> Current { get; private set; } = [];

    /// <summary>What is mapped, and what nothing has replaced since it was; ascending.</summary>
    public IReadOnlyList<MemoryMapping> Known => _known;

    /// <summary>The executable mapping that an address lies in, or lay in when last seen; or null.</summary>
    public MemoryMapping? Find(ulong address) => MappingSearch.Find(_known, address);

    /// <summary>The one of an incarnation.</summary>
    public MemoryMapping? Find(ulong address, int incarnation) => MappingSearch.Find(_known, address) is { } known && known.Incarnation == incarnation
        ? known
        : _replaced.FindLast(mapping => mapping.Incarnation == incarnation && mapping.Contains(address)) ?? MappingSearch.Find(_known, address);

    /// <summary>Takes in what is mapped now.</summary>
    /// <param name="current">Ascending.</param>
    public void Update(IReadOnlyList<MemoryMapping> current)
    {
        List<MemoryMapping> numbered = new(current.Count);
        foreach (MemoryMapping mapping in current) numbered.Add(mapping with { Incarnation = IncarnationOf(mapping) });

        List<MemoryMapping> kept = [];
        foreach (MemoryMapping old in _known)
        {
            MemoryMapping? successor = FirstOverlap(numbered, old);
            if (successor is null)
            {
                // Anonymous code that is gone is not kept: nothing could be said about it.
                if (old.IsFile || old.IsKernelProvided) kept.Add(old);
            }
            else if (old.IsFile && !(IsSameCode(successor, old) && successor.Start <= old.Start && successor.End >= old.End))
            {
                _replaced.Add(old);
            }
        }

        Current = numbered;
        kept.AddRange(numbered);
        kept.Sort((left, right) => left.Start.CompareTo(right.Start));
        _known = kept;
    }

    private int IncarnationOf(MemoryMapping mapping)
    {
        // Most are as they were.
        if (MappingSearch.Find(_known, mapping.Start) is { } same && same.Start == mapping.Start && same.End == mapping.End && IsSameCode(same, mapping)) return same.Incarnation;
        MemoryMapping[] others = [.. _known.Concat(_replaced).Where(other => Overlap(other, mapping))];
        if (others.Length == 0) return 0;
        foreach (MemoryMapping other in others)
        {
            bool isFree = others.All(third => third.Incarnation != other.Incarnation || IsSameCode(third, mapping));
            if (isFree && IsSameCode(other, mapping)) return other.Incarnation;
        }

        return Math.Min(others.Max(other => other.Incarnation) + 1, Last);
    }

    // The same bytes of a file at the same addresses, or anonymous memory, whose code has names by its addresses alone.
    private static bool IsSameCode(MemoryMapping left, MemoryMapping right) => left.File == right.File
        && (!left.IsFile || left.Start - left.FileOffset == right.Start - right.FileOffset);

    private static MemoryMapping? FirstOverlap(List<MemoryMapping> ascending, MemoryMapping other)
    {
        int next = MappingSearch.FirstEndingAfter(ascending, other.Start);
        return next < ascending.Count && ascending[next].Start < other.End ? ascending[next] : null;
    }

    private static bool Overlap(MemoryMapping left, MemoryMapping right) => left.Start < right.End && right.Start < left.End;
}
