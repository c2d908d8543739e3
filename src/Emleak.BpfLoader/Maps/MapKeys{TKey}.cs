using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// The keys of a map, one system call for each. When the key that was given last is taken out before the next is asked
/// for, the kernel starts again from the beginning: keys may then come twice. Keys that stay are not left out. The walk
/// ends in any case: after twice as many keys as the map holds.
/// </summary>
public readonly struct MapKeys<TKey>
    where TKey : unmanaged
{
    private readonly BpfMap _map;

    internal MapKeys(BpfMap map) => _map = map;

    /// <summary>Starts a walk.</summary>
    public Enumerator GetEnumerator() => new(_map);

    /// <summary>Walks over keys.</summary>
    public unsafe struct Enumerator
    {
        private readonly BpfMap _map;
        private readonly ulong _most;
        private ulong _given;
        private TKey _current;

        internal Enumerator(BpfMap map)
        {
            _map = map;
            _most = 2 * (ulong)map.MaxEntries;
        }

        /// <summary>The key.</summary>
        public readonly TKey Current => _current;

        /// <summary>Goes to the next key.</summary>
        /// <exception cref="BpfException">The kernel refuses.</exception>
        public bool MoveNext()
        {
            if (_given == _most) return false;
            TKey previous = _current;
            TKey next;
            Errno errno = BpfSyscall.NextKey(_map.Handle, _given == 0 ? null : &previous, &next);
            if (errno == Errno.NoEntry) return false;
            if (errno != Errno.None) throw MapError.For(_map, "walk over", errno);
            _current = next;
            _given++;
            return true;
        }
    }
}
