using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>A view of a map that is a queue (first in, first out) or a stack (last in, first out). Since kernel 4.20.</summary>
/// <typeparam name="TValue">The value, laid out as in C.</typeparam>
public sealed unsafe class BpfQueue<TValue>
    where TValue : unmanaged
{
    // BPF_EXIST: the oldest value makes room.
    private const ulong Overwrite = 2;

    internal BpfQueue(BpfMap map) => Map = map;

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>Adds a value. False when the map is full.</summary>
    /// <param name="value">The value.</param>
    /// <param name="overwrite">Makes room by dropping the value that has been there longest.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Push(in TValue value, bool overwrite = false)
    {
        fixed (TValue* pointer = &value)
        {
            Errno errno = BpfSyscall.UpdateElement(Map.Handle, key: null, pointer, overwrite ? Overwrite : 0);
            return errno switch
            {
                Errno.None => true,
                Errno.TooBig => false,
                _ => throw MapError.For(Map, "add to", errno),
            };
        }
    }

    /// <summary>Takes out the next value. False when there is none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryPop(out TValue value)
    {
        fixed (TValue* pointer = &value)
        {
            *pointer = default;
            return MapError.Found(Map, "take from", BpfSyscall.LookupAndDeleteElement(Map.Handle, key: null, pointer));
        }
    }

    /// <summary>Reads the next value and leaves it. False when there is none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryPeek(out TValue value)
    {
        fixed (TValue* pointer = &value)
        {
            *pointer = default;
            return MapError.Found(Map, "read", BpfSyscall.LookupElement(Map.Handle, key: null, pointer));
        }
    }
}
