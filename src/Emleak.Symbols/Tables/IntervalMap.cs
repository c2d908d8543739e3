namespace Emleak.Symbols.Tables;

/// <summary>Finds what claims an address, in O(log n): 12 bytes for each place where the answer changes.</summary>
internal sealed class IntervalMap
{
    /// <summary>Stands for "nothing".</summary>
    public const int None = -1;

    private readonly ulong[] _starts;
    private readonly int[] _values;

    /// <param name="starts">Where the answer changes, ascending.</param>
    /// <param name="values">The answer from there on.</param>
    public IntervalMap(ulong[] starts, int[] values)
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
}
