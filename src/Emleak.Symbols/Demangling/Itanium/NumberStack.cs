namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>A growing array of numbers that can be indexed and cut, kept from name to name.</summary>
internal sealed class NumberStack
{
    private int[] _items = new int[64];

    public int Count { get; private set; }

    public int this[int index] => _items[index];

    public void Push(int item)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        _items[Count++] = item;
    }

    public void Truncate(int count) => Count = count;

    public void Clear() => Count = 0;

    public ReadOnlySpan<int> From(int start) => _items.AsSpan(start, Count - start);
}
