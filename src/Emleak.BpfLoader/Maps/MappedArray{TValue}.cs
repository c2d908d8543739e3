using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// The values of an array map in the memory that programs use, without system calls (since kernel 5.5). The map must have been made
/// with <c>BPF_F_MMAPABLE</c>. Programs may change a value at any time: reading one that is wider than 8 bytes may give a mixture.
/// </summary>
/// <typeparam name="TValue">The value, laid out as in C.</typeparam>
public sealed unsafe class MappedArray<TValue> : IDisposable
    where TValue : unmanaged
{
    private const int Alignment = 8;

    private readonly MemoryMapping _memory;
    private readonly nuint _stride;

    internal MappedArray(BpfMap map, bool writable)
    {
        if ((map.Flags & MapFlags.MemoryMappable) == 0)
            throw new InvalidOperationException($"{map} was not made with BPF_F_MMAPABLE (0x{MapFlags.MemoryMappable:x})");
        Count = (int)map.MaxEntries;
        _stride = (nuint)((sizeof(TValue) + Alignment - 1) & -Alignment);
        nuint pageSize = (nuint)Environment.SystemPageSize;
        nuint length = ((_stride * map.MaxEntries) + pageSize - 1) & ~(pageSize - 1);
        Errno errno = MemoryMapping.Map(map.Handle, offset: 0, length, writable, out MemoryMapping? memory);
        _memory = memory ?? throw MapError.For(map, "map into memory", errno);
    }

    /// <summary>How many values there are.</summary>
    public int Count { get; }

    /// <summary>Reads a value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    /// <exception cref="ObjectDisposedException">This object is disposed.</exception>
    public TValue Read(int index)
    {
        using MemoryMapping.Lease lease = _memory.Borrow();
        return *At(index);
    }

    /// <summary>Writes a value; programs see it at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    /// <exception cref="InvalidOperationException">The memory was mapped for reading only.</exception>
    /// <exception cref="ObjectDisposedException">This object is disposed.</exception>
    public void Write(int index, in TValue value)
    {
        if (!_memory.IsWritable) throw new InvalidOperationException("the array was mapped for reading only");
        using MemoryMapping.Lease lease = _memory.Borrow();
        *At(index) = value;
    }

    /// <summary>Unmaps the memory. The map stays.</summary>
    public void Dispose() => _memory.Dispose();

    private TValue* At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return (TValue*)(_memory.Pointer + ((nuint)index * _stride));
    }
}
