namespace Emleak.Symbols.Tables;

/// <summary>Finds what claims an address, in O(log n): 12 bytes for each place where the answer changes.</summary>
internal sealed class IntervalMap
{
    /// <summary>Stands for "nothing".</summary>
    public const int None = -1;

    private readonly ulong[] _starts;
    private readonly int[] _values;

    private IntervalMap(ulong[] starts, int[] values)
    {
        _starts = starts;
        _values = values;
    }

    public int Count => _starts.Length;

    public int Find(ulong address)
    {
        int position = Array.BinarySearch(_starts, address);
        if (position < 0) position = ~position - 1;
        return position < 0 ? None : _values[position];
    }

    /// <summary>Makes the map. Where intervals overlap, the highest value wins.</summary>
    /// <param name="intervals">In any order; sorted by this method.</param>
    public static IntervalMap Build(List<Interval> intervals)
    {
        intervals.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        Sweep sweep = new(intervals);
        sweep.Run();
        return new IntervalMap([.. sweep.Starts], [.. sweep.Values]);
    }

    /// <summary>Goes up the addresses with the intervals that are open, highest value first; closed ones are dropped when they come to the top.</summary>
    private readonly ref struct Sweep(List<Interval> intervals)
    {
        private readonly List<Interval> _intervals = intervals;
        private readonly PriorityQueue<ulong, int> _openEnds = new();

        public List<ulong> Starts { get; } = new(intervals.Count);

        public List<int> Values { get; } = new(intervals.Count);

        public void Run()
        {
            int next = 0;
            ulong position = 0;
            while (next < _intervals.Count || _openEnds.Count > 0)
            {
                if (_openEnds.Count == 0) position = _intervals[next].Start;
                for (; next < _intervals.Count && _intervals[next].Start <= position; next++)
                {
                    _openEnds.Enqueue(_intervals[next].End, -_intervals[next].Value);
                }

                while (_openEnds.TryPeek(out ulong ended, out _) && ended <= position) _openEnds.Dequeue();
                bool isOpen = _openEnds.TryPeek(out ulong end, out int negated);
                Emit(position, isOpen ? -negated : None);
                if (isOpen) position = next < _intervals.Count ? Math.Min(end, _intervals[next].Start) : end;
            }
        }

        private void Emit(ulong start, int value)
        {
            if (Values.Count > 0 && Values[^1] == value) return;
            if (Starts.Count > 0 && Starts[^1] == start) Values[^1] = value;
            else Add(start, value);
        }

        private void Add(ulong start, int value)
        {
            Starts.Add(start);
            Values.Add(value);
        }
    }
}
