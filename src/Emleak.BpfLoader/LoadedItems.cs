using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Emleak.BpfLoader;

/// <summary>The maps or programs of a loaded object, by name; what is missing is told apart by why.</summary>
/// <param name="kind">What they are, for messages.</param>
/// <param name="isInObject">Whether the object has one of a name, loaded or not.</param>
internal sealed class LoadedItems<T>(string kind, Func<string, bool> isInObject) : IReadOnlyDictionary<string, T>
{
    private readonly Dictionary<string, T> _items = new(StringComparer.Ordinal);

    public IEnumerable<string> Keys => _items.Keys;

    public IEnumerable<T> Values => _items.Values;

    public int Count => _items.Count;

    public T this[string key] => _items.TryGetValue(key, out T? item) ? item : throw new KeyNotFoundException(isInObject(key)
        ? $"{kind} '{key}' is in the object but was not loaded"
        : $"the object has no {kind} '{key}'");

    public void Add(string name, T item) => _items.Add(name, item);

    public bool ContainsKey(string key) => _items.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => _items.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
