using System.Runtime.InteropServices;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>
/// The process's own mappings and who made them, kept exact while they are cut, moved and replaced by parts. Bytes
/// count as they were asked for; removals take whole pages, as munmap(2) does.
/// </summary>
internal sealed class MappingLedger
{
    private readonly ulong _pageSize;

    // Ascending, without overlaps. A process has at most 65,530 mappings (vm.max_map_count).
    private readonly List<Piece> _pieces = [];
    private readonly Dictionary<int, StackTotal> _totals = [];
    private readonly Dictionary<uint, List<Piece>> _lastRemovals = [];

    public MappingLedger(int pageSize) => _pageSize = (ulong)pageSize;

    /// <summary>What each stack's mappings hold, by the stack's number.</summary>
    public IReadOnlyDictionary<int, StackTotal> Totals => _totals;

    public void Apply(in MappingEvent change)
    {
        switch (change.Change)
        {
            case MappingChange.Added:
                Add(change.Address, change.Length, (int)change.Stack);
                break;
            case MappingChange.Removed:
                Remove(change.Tid, change.Address, change.Length);
                break;
            case MappingChange.Kept:
                PutBack(change.Tid);
                break;
            default:
                throw new InvalidOperationException($"mapping event of unknown kind {change.Change}");
        }
    }

    private void Add(ulong address, ulong length, int stack)
    {
        // MAP_FIXED replaces what was there.
        TakeOut(address, PageEnd(address, length));
        Insert(new Piece(address, End(address, length), new Mapping(stack)));
    }

    private void Remove(uint thread, ulong address, ulong length)
    {
        List<Piece> removed = TakeOut(address, PageEnd(address, length));
        if (removed.Count == 0) _lastRemovals.Remove(thread);
        else _lastRemovals[thread] = removed;
    }

    private void PutBack(uint thread)
    {
        if (!_lastRemovals.Remove(thread, out List<Piece>? removed)) return;
        foreach (Piece piece in removed)
        {
            Insert(piece);
        }
    }

    private List<Piece> TakeOut(ulong start, ulong end)
    {
        List<Piece> removed = [];
        int first = FirstEndingAfter(start);
        int next = first;
        List<Piece> remaining = [];
        for (; next < _pieces.Count && _pieces[next].Start < end; next++)
        {
            Piece piece = _pieces[next];
            if (piece.Start < start) remaining.Add(piece with { End = start });
            if (piece.End > end) remaining.Add(piece with { Start = end });
            removed.Add(piece with { Start = Math.Max(piece.Start, start), End = Math.Min(piece.End, end) });
        }

        _pieces.RemoveRange(first, next - first);
        _pieces.InsertRange(first, remaining);
        foreach (Piece piece in removed)
        {
            Account(piece, -1);
        }

        return removed;
    }

    private void Insert(Piece piece)
    {
        if (piece.Start >= piece.End) return;
        _pieces.Insert(FirstEndingAfter(piece.Start), piece);
        Account(piece, +1);
    }

    // A mapping counts as one, in however many pieces it is left.
    private void Account(Piece piece, int sign)
    {
        long bytes = (long)(piece.End - piece.Start) * sign;
        Mapping mapping = piece.Mapping;
        bool heldBytes = mapping.Bytes != 0;
        mapping.Bytes += bytes;
        int count = (mapping.Bytes != 0 ? 1 : 0) - (heldBytes ? 1 : 0);
        StackTotal total = _totals.GetValueOrDefault(mapping.Stack);
        _totals[mapping.Stack] = new StackTotal(total.Bytes + bytes, total.Count + count);
    }

    private int FirstEndingAfter(ulong address)
    {
        int low = 0, high = _pieces.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_pieces[middle].End > address) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private static ulong End(ulong address, ulong length) =>
        length > ulong.MaxValue - address ? ulong.MaxValue : address + length;

    private ulong PageEnd(ulong address, ulong length)
    {
        ulong end = End(address, length);
        ulong rounded = (end + _pageSize - 1) & ~(_pageSize - 1);
        return rounded < end ? ulong.MaxValue : rounded;
    }

    private sealed class Mapping(int stack)
    {
        public int Stack { get; } = stack;

        public long Bytes { get; set; }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Piece(ulong Start, ulong End, Mapping Mapping);
}
