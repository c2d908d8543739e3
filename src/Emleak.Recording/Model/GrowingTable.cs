namespace Emleak.Recordings.Model;

/// <summary>
/// A list that is only appended to, or replaced as a whole. So what it holds at one moment can be read for ever after, by any thread and without a
/// copy: it is the beginning of an array that nobody writes to again.
/// </summary>
internal sealed class GrowingTable<T>
{
    private T[] _entries = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>What it holds now.</summary>
    public ArraySegment<T> Now => new(_entries, 0, Count);

    public T this[int index] => _entries[index];

    /// <summary>Appends an entry.</summary>
    public void Add(T entry)
    {
        const int Least = 16;
        if (Count == _entries.Length) Array.Resize(ref _entries, Math.Max(Least, Count * 2));
        _entries[Count++] = entry;
    }

    /// <summary>Puts others in the place of all entries.</summary>
    public void Replace(T[] entries) => (_entries, Count) = (entries, entries.Length);
}
