using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// A view of a map that keeps a value for each possible CPU (<c>PERCPU_HASH</c>, <c>PERCPU_ARRAY</c>, <c>LRU_PERCPU_HASH</c>):
/// programs change that of the CPU that they run on, without disturbing others. A value may change while it is read.
/// </summary>
/// <typeparam name="TKey">The key, laid out as in C. Padding must be zero: the kernel compares it.</typeparam>
/// <typeparam name="TValue">The value of one CPU, laid out as in C.</typeparam>
public sealed unsafe class PerCpuMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private readonly BulkRead<TKey, TValue> _bulk;

    internal PerCpuMap(BpfMap map)
    {
        Map = map;
        CpuCount = PossibleCpus.Count;
        _bulk = new BulkRead<TKey, TValue>(map, CpuCount);
    }

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>Values that each key has.</summary>
    public int CpuCount { get; }

    /// <summary>The keys, in no order. See <see cref="MapKeys{TKey}"/> for what happens when the map changes meanwhile.</summary>
    public MapKeys<TKey> Keys => new(Map);

    /// <summary>Reads the values of a key, by CPU. False when there are none.</summary>
    /// <exception cref="ArgumentException"><paramref name="values"/> has not <see cref="CpuCount"/> elements.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryLookup(in TKey key, Span<TValue> values)
    {
        CheckCount(values.Length, nameof(values));
        fixed (TKey* keyPointer = &key) return MapError.Found(Map, "read", PerCpuValues.Lookup(Map, keyPointer, values));
    }

    /// <summary>Writes the values of a key, by CPU. False when <paramref name="mode"/> forbids it.</summary>
    /// <exception cref="ArgumentException"><paramref name="values"/> has not <see cref="CpuCount"/> elements.</exception>
    /// <exception cref="BpfException">The kernel refuses; E2BIG: the map is full.</exception>
    public bool Update(in TKey key, ReadOnlySpan<TValue> values, MapUpdateMode mode = MapUpdateMode.Any)
    {
        CheckCount(values.Length, nameof(values));
        fixed (TKey* keyPointer = &key)
        {
            return MapError.Written(Map, mode, PerCpuValues.Update(Map, keyPointer, values, (ulong)mode));
        }
    }

    /// <summary>Takes the values of a key out. False when there were none.</summary>
    /// <exception cref="BpfException">The kernel refuses; entries of arrays cannot be taken out.</exception>
    public bool Delete(in TKey key)
    {
        fixed (TKey* keyPointer = &key) return MapError.Found(Map, "delete an entry of", BpfSyscall.DeleteElement(Map.Handle, keyPointer));
    }

    /// <summary>Reads all entries, as <see cref="BpfMap{TKey,TValue}.ReadAll(MapEntries{TKey,TValue})"/> does.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public MapEntries<TKey, TValue> ReadAll()
    {
        MapEntries<TKey, TValue> entries = new(CpuCount);
        _bulk.Read(entries, delete: false);
        return entries;
    }

    /// <summary>Reads all entries into what an earlier call has given, whose memory is reused.</summary>
    /// <exception cref="ArgumentException">It is of another kind of map.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void ReadAll(MapEntries<TKey, TValue> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        CheckCount(into.ValuesPerKey, nameof(into));
        _bulk.Read(into, delete: false);
    }

    private void CheckCount(int count, string parameter)
    {
        if (count != CpuCount) throw new ArgumentException($"{Map} has {CpuCount} values for each key, not {count}", parameter);
    }
}
