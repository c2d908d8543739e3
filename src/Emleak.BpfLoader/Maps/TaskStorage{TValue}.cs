using System.Runtime.InteropServices;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// A view of a map that keeps a value at tasks (<c>BPF_MAP_TYPE_TASK_STORAGE</c>, since kernel 5.11). The kernel drops a value with
/// its task. From outside, the values of processes' first threads can be reached.
/// </summary>
/// <typeparam name="TValue">The value, laid out as in C.</typeparam>
public sealed unsafe class TaskStorage<TValue>
    where TValue : unmanaged
{
    internal TaskStorage(BpfMap map) => Map = map;

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>Reads the value at a process's first thread. False when it has none.</summary>
    /// <exception cref="BpfException">There is no such process, or the kernel refuses.</exception>
    public bool TryLookup(int pid, out TValue value)
    {
        using BpfHandle task = Open(pid);
        using BpfHandle.Lease lease = task.Borrow();
        uint key = lease.Descriptor;
        fixed (TValue* pointer = &value)
        {
            *pointer = default;
            return MapError.Found(Map, "read", BpfSyscall.LookupElement(Map.Handle, &key, pointer));
        }
    }

    /// <summary>Writes the value at a process's first thread.</summary>
    /// <exception cref="BpfException">There is no such process, or the kernel refuses.</exception>
    public void Update(int pid, in TValue value)
    {
        using BpfHandle task = Open(pid);
        using BpfHandle.Lease lease = task.Borrow();
        uint key = lease.Descriptor;
        fixed (TValue* pointer = &value)
        {
            Errno errno = BpfSyscall.UpdateElement(Map.Handle, &key, pointer, flags: 0);
            if (errno != Errno.None) throw MapError.For(Map, "write", errno);
        }
    }

    /// <summary>Takes the value at a process's first thread out. False when it had none.</summary>
    /// <exception cref="BpfException">There is no such process, or the kernel refuses.</exception>
    public bool Delete(int pid)
    {
        using BpfHandle task = Open(pid);
        using BpfHandle.Lease lease = task.Borrow();
        uint key = lease.Descriptor;
        return MapError.Found(Map, "delete an entry of", BpfSyscall.DeleteElement(Map.Handle, &key));
    }

    private BpfHandle Open(int pid)
    {
        nint descriptor = Libc.Syscall(SyscallNumbers.PidfdOpen, pid, 0, 0);
        return descriptor >= 0
            ? BpfHandle.Own((int)descriptor)
            : throw new BpfException($"find process {pid} for {Map}", (Errno)Marshal.GetLastPInvokeError());
    }
}
