using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>Reads a whole map: in batches, or key by key where the kernel or the map's type has no batches.</summary>
internal sealed unsafe class BulkRead<TKey, TValue>(BpfMap map, int width = 1)
    where TKey : unmanaged
    where TValue : unmanaged
{
    // Enough that the system call does not matter, and few enough that one call does not hold a CPU for long.
    private const int LeastBatch = 512;
    private const int MostBatch = 1 << 15;

    // Array maps give up with EINTR when an entry vanishes while they look at it; nothing has been read then.
    private const int MostInterruptions = 100;

    // Values of odd sizes are further apart in the kernel's answer than in the reader's memory.
    private volatile bool _withoutBatches =
        (width > 1 && !PerCpuValues.AreContiguous<TValue>()) || KernelFeatures.BatchOperations.IsMasked;

    public void Read(MapEntries<TKey, TValue> into, bool delete)
    {
        if (!_withoutBatches && TryReadBatches(into, delete)) return;
        _withoutBatches = true;
        ReadKeyByKey(into, delete);
    }

    /// <summary>False when there are no batches for this map: nothing has been read.</summary>
    private bool TryReadBatches(MapEntries<TKey, TValue> into, bool delete)
    {
        // The place where the next batch starts: a bucket's number for hash maps, a key for arrays.
        int placeSize = Math.Max(sizeof(TKey), sizeof(ulong));
        byte* here = stackalloc byte[placeSize];
        byte* next = stackalloc byte[placeSize];
        bool atStart = true;
        int leastRoom = LeastBatch;
        int interruptions = 0;
        into.Clear();
        while (true)
        {
            into.Reserve(leastRoom);
            Errno errno = ReadBatch(into, delete, leastRoom, atStart ? null : here, next);
            switch (errno)
            {
                case Errno.None:
                    atStart = false;
                    byte* last = here;
                    here = next;
                    next = last;
                    break;
                case Errno.NoEntry:
                    return true;
                case Errno.NoSpace:
                    // One bucket has more entries than there was room for; nothing of it has been read.
                    leastRoom = checked(leastRoom * 2);
                    break;
                case Errno.Interrupted when interruptions++ < MostInterruptions:
                    break;
                case Errno.Invalid or Errno.NotSupported or Errno.NotSupportedByKernel when atStart:
                    return false;
                default:
                    throw MapError.For(map, "read all of", errno);
            }
        }
    }

    private Errno ReadBatch(MapEntries<TKey, TValue> into, bool delete, int leastRoom, byte* from, byte* next)
    {
        Span<TKey> keyRoom = into.FreeKeys;
        uint count = (uint)Math.Min(keyRoom.Length, Math.Max(MostBatch, leastRoom));
        fixed (TKey* keys = keyRoom)
        fixed (TValue* values = into.FreeValues)
        {
            Errno errno = BpfSyscall.LookupBatch(map.Handle, delete, from, next, keys, values, ref count);
            if (errno is Errno.None or Errno.NoEntry) into.Commit((int)count);
            return errno;
        }
    }

    internal void ReadKeyByKey(MapEntries<TKey, TValue> into, bool delete)
    {
        // The walk starts again when its last key is taken out meanwhile, and gives keys twice then.
        into.Clear();
        HashSet<TKey> seen = new(BytewiseComparer<TKey>.Instance);
        foreach (TKey key in new MapKeys<TKey>(map))
        {
            if (!seen.Add(key)) continue;
            into.Reserve(1);
            TKey copy = key;
            Errno errno = PerCpuValues.Lookup(map, &copy, into.FreeValues[..width]);
            if (errno == Errno.NoEntry) continue;
            if (errno != Errno.None) throw MapError.For(map, "read all of", errno);
            into.FreeKeys[0] = key;
            into.Commit(1);
        }

        if (delete) DeleteAll(into.Keys);
    }

    private void DeleteAll(ReadOnlySpan<TKey> keys)
    {
        foreach (TKey key in keys)
        {
            TKey copy = key;
            Errno errno = BpfSyscall.DeleteElement(map.Handle, &copy);
            if (errno is not (Errno.None or Errno.NoEntry)) throw MapError.For(map, "delete an entry of", errno);
        }
    }
}
