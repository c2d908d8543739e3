namespace Emleak.BpfLoader.Maps;

/// <summary>Entries that were read from a map. Keeps its memory, so that a reader that comes again does not allocate.</summary>
public sealed class MapEntries<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private TKey[] _keys = [];
    private TValue[] _values = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The keys, in no order.</summary>
    public ReadOnlySpan<TKey> Keys => _keys.AsSpan(0, Count);

    /// <summary>The values: each has the place of its key.</summary>
    public ReadOnlySpan<TValue> Values => _values.AsSpan(0, Count);

    internal Span<TKey> FreeKeys => _keys.AsSpan(Count);

    internal Span<TValue> FreeValues => _values.AsSpan(Count);

    internal void Clear() => Count = 0;

    /// <summary>Makes room for at least <paramref name="room"/> more.</summary>
    internal void Reserve(int room)
    {
        int needed = checked(Count + room);
        if (needed <= _keys.Length) return;
        int capacity = (int)Math.Min(Math.Max(needed, 2L * _keys.Length), Array.MaxLength);
        Array.Resize(ref _keys, capacity);
        Array.Resize(ref _values, capacity);
    }

    /// <summary>Counts entries that were written into the free room.</summary>
    internal void Commit(int count) => Count += count;
}
