using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// A view of a map with types for keys and values. No call allocates, apart from <see cref="ReadAll()"/>. Safe to use from
/// several threads; each call is atomic for the one entry it touches.
/// </summary>
/// <typeparam name="TKey">The key, laid out as in C. Padding must be zero: the kernel compares it.</typeparam>
/// <typeparam name="TValue">The value, laid out as in C.</typeparam>
public sealed unsafe class BpfMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private readonly BulkRead<TKey, TValue> _bulk;

    internal BpfMap(BpfMap map)
    {
        Map = map;
        _bulk = new BulkRead<TKey, TValue>(map);
    }

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>The keys, in no order. See <see cref="MapKeys{TKey}"/> for what happens when the map changes meanwhile.</summary>
    public MapKeys<TKey> Keys => new(Map);

    /// <summary>Reads an entry. False when there is none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryLookup(in TKey key, out TValue value)
    {
        fixed (TKey* keyPointer = &key)
        fixed (TValue* valuePointer = &value)
        {
            *valuePointer = default;
            return MapError.Found(Map, "read", BpfSyscall.LookupElement(Map.Handle, keyPointer, valuePointer));
        }
    }

    /// <summary>Writes an entry. False when <paramref name="mode"/> forbids it.</summary>
    /// <exception cref="BpfException">The kernel refuses; E2BIG: the map is full.</exception>
    public bool Update(in TKey key, in TValue value, MapUpdateMode mode = MapUpdateMode.Any)
    {
        fixed (TKey* keyPointer = &key)
        fixed (TValue* valuePointer = &value)
        {
            return MapError.Written(Map, mode, BpfSyscall.UpdateElement(Map.Handle, keyPointer, valuePointer, (ulong)mode));
        }
    }

    /// <summary>Takes an entry out. False when there was none.</summary>
    /// <exception cref="BpfException">The kernel refuses; entries of arrays cannot be taken out.</exception>
    public bool Delete(in TKey key)
    {
        fixed (TKey* keyPointer = &key)
            return MapError.Found(Map, "delete an entry of", BpfSyscall.DeleteElement(Map.Handle, keyPointer));
    }

    /// <summary>
    /// Reads an entry and takes it out, in one step where the kernel can (hash maps since 5.14). On older kernels a program
    /// may change the value between the two steps. False when there was none.
    /// </summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryTake(in TKey key, out TValue value)
    {
        fixed (TKey* keyPointer = &key)
        fixed (TValue* valuePointer = &value)
        {
            *valuePointer = default;
            Errno errno = BpfSyscall.LookupAndDeleteElement(Map.Handle, keyPointer, valuePointer);
            if (errno is not (Errno.Invalid or Errno.NotSupported or Errno.NotSupportedByKernel)) return MapError.Found(Map, "take from", errno);
        }

        return TryLookup(key, out value) && Delete(key);
    }

    /// <summary>Reads all entries. See <see cref="ReadAll(MapEntries{TKey,TValue})"/>.</summary>
    public MapEntries<TKey, TValue> ReadAll()
    {
        MapEntries<TKey, TValue> entries = new();
        ReadAll(entries);
        return entries;
    }

    /// <summary>
    /// Reads all entries into <paramref name="into"/>, whose old content is dropped and whose memory is reused. Many entries
    /// are read with one system call where the kernel can (<c>BPF_MAP_LOOKUP_BATCH</c>, 5.6), else one by one.
    /// An entry that is there all the time is read exactly once, if the map does not change faster than it can be read;
    /// entries that come or go meanwhile may or may not be.
    /// </summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void ReadAll(MapEntries<TKey, TValue> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        _bulk.Read(into, delete: false);
    }

    /// <summary>As <see cref="ReadAll(MapEntries{TKey,TValue})"/>, and takes every entry out that was read.</summary>
    /// <exception cref="BpfException">The kernel refuses; entries of arrays cannot be taken out.</exception>
    public void Drain(MapEntries<TKey, TValue> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        _bulk.Read(into, delete: true);
    }
}
