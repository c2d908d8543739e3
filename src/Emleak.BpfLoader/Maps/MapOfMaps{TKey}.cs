using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>A view of a map whose values are maps (<c>ARRAY_OF_MAPS</c>, <c>HASH_OF_MAPS</c>, since kernel 4.12).</summary>
/// <typeparam name="TKey">The key, laid out as in C.</typeparam>
public sealed unsafe class MapOfMaps<TKey>
    where TKey : unmanaged
{
    internal MapOfMaps(BpfMap map) => Map = map;

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>The keys, in no order. See <see cref="MapKeys{TKey}"/> for what happens when the map changes meanwhile.</summary>
    public MapKeys<TKey> Keys => new(Map);

    /// <summary>Puts a map in; the outer map keeps it in the kernel from now on.</summary>
    /// <exception cref="BpfException">The kernel refuses; EINVAL: the map is not like the one that the outer map was made with.</exception>
    public void Update(in TKey key, BpfMap inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        using BpfHandle.Lease lease = inner.Handle.Borrow();
        uint descriptor = lease.Descriptor;
        fixed (TKey* keyPointer = &key)
        {
            Errno errno = BpfSyscall.UpdateElement(Map.Handle, keyPointer, &descriptor, flags: 0);
            if (errno != Errno.None) throw MapError.For(Map, $"put {inner} into", errno);
        }
    }

    /// <summary>Opens the map of a key; the caller disposes it. Null when there is none. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfMap? Find(in TKey key)
    {
        fixed (TKey* keyPointer = &key)
        {
            // Programs and user space write descriptors and read numbers.
            uint id;
            return MapError.Found(Map, "read", BpfSyscall.LookupElement(Map.Handle, keyPointer, &id)) ? BpfMap.OpenById(id) : null;
        }
    }

    /// <summary>Takes a map out. False when there was none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Delete(in TKey key)
    {
        fixed (TKey* keyPointer = &key)
        {
            return MapError.Found(Map, "delete an entry of", BpfSyscall.DeleteElement(Map.Handle, keyPointer));
        }
    }
}
