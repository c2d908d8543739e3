namespace Emleak.BpfLoader.Maps;

/// <summary>Entries that were read from a map. Keeps its memory, so that a reader that comes again does not allocate.</summary>
public sealed class MapEntries<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private readonly int _width;
    private TKey[] _keys = [];
    private TValue[] _values = [];

    /// <summary>Has no entries, and room for as many as will be read.</summary>
    public MapEntries() : this(width: 1)
    {
    }

    internal MapEntries(int width) => _width = width;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The keys, in no order.</summary>
    public ReadOnlySpan<TKey> Keys => _keys.AsSpan(0, Count);

    /// <summary>The values: each has the place of its key. Maps that keep a value for each CPU have as many for each key.</summary>
    public ReadOnlySpan<TValue> Values => _values.AsSpan(0, Count * _width);

    /// <summary>Values that each key has: 1, or the number of possible CPUs.</summary>
    public int ValuesPerKey => _width;

    internal Span<TKey> FreeKeys => _keys.AsSpan(Count);

    internal Span<TValue> FreeValues => _values.AsSpan(Count * _width);

    /// <summary>The values of one key, by CPU where the map keeps one for each.</summary>
    /// <param name="index">The key's place in <see cref="Keys"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many entries.</exception>
    public ReadOnlySpan<TValue> ValuesOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _values.AsSpan(index * _width, _width);
    }

    internal void Clear() => Count = 0;

    /// <summary>Makes room for at least <paramref name="room"/> more.</summary>
    internal void Reserve(int room)
    {
        int needed = checked(Count + room);
        if (needed <= _keys.Length) return;
        int capacity = (int)Math.Min(Math.Max(needed, 2L * _keys.Length), Array.MaxLength / _width);
        Array.Resize(ref _keys, capacity);
        Array.Resize(ref _values, checked(capacity * _width));
    }

    /// <summary>Counts entries that were written into the free room.</summary>
    internal void Commit(int count) => Count += count;
}
