using System.Runtime.InteropServices;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Makes maps, one after the other, with the same buffers. It goes up the addresses with the intervals that are open, highest value first; closed
/// ones are dropped when they come to the top.
/// </summary>
internal sealed class IntervalMapBuilder
{
    // A map that needed more leaves its memory to the collector.
    private const int MaxKept = 1 << 18;

    private readonly PriorityQueue<ulong, int> _openEnds = new();
    private List<ulong> _starts = [];
    private List<int> _values = [];

    /// <summary>Makes a map. Where intervals overlap, the highest value wins.</summary>
    /// <param name="intervals">In any order; sorted by this method.</param>
    public IntervalMap Build(List<Interval> intervals)
    {
        Clear();
        intervals.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        Sweep(CollectionsMarshal.AsSpan(intervals));
        return new IntervalMap([.. _starts], [.. _values]);
    }

    private void Clear()
    {
        if (_starts.Capacity > MaxKept) (_starts, _values) = ([], []);
        _starts.Clear();
        _values.Clear();
    }

    private void Sweep(ReadOnlySpan<Interval> ascending)
    {
        int next = 0;
        ulong position = 0;
        while (next < ascending.Length || _openEnds.Count > 0)
        {
            if (_openEnds.Count == 0) position = ascending[next].Start;
            for (; next < ascending.Length && ascending[next].Start <= position; next++)
            {
                _openEnds.Enqueue(ascending[next].End, -ascending[next].Value);
            }

            while (_openEnds.TryPeek(out ulong ended, out _) && ended <= position) _openEnds.Dequeue();
            bool isOpen = _openEnds.TryPeek(out ulong end, out int negated);
            Emit(position, isOpen ? -negated : IntervalMap.None);
            if (isOpen) position = next < ascending.Length ? Math.Min(end, ascending[next].Start) : end;
        }
    }

    private void Emit(ulong start, int value)
    {
        if (_values.Count > 0 && _values[^1] == value) return;
        if (_starts.Count > 0 && _starts[^1] == start)
        {
            _values[^1] = value;
            return;
        }

        _starts.Add(start);
        _values.Add(value);
    }
}
