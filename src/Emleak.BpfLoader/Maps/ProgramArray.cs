using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// A view of a map of programs that others jump to (<c>bpf_tail_call</c>). The kernel empties it when nobody outside of programs
/// holds it any more.
/// </summary>
public sealed unsafe class ProgramArray
{
    internal ProgramArray(BpfMap map) => Map = map;

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>Puts a program in.</summary>
    /// <exception cref="BpfException">The kernel refuses; EINVAL: the program's type is not that of those that are in or jump.</exception>
    public void Update(uint index, BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        using BpfHandle.Lease lease = program.Handle.Borrow();
        uint descriptor = lease.Descriptor;
        Errno errno = BpfSyscall.UpdateElement(Map.Handle, &index, &descriptor, flags: 0);
        if (errno != Errno.None) throw MapError.For(Map, $"put {program} into", errno);
    }

    /// <summary>The number of the program at an index; null when there is none. Since kernel 4.16.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public uint? FindId(uint index)
    {
        uint id;
        return MapError.Found(Map, "read", BpfSyscall.LookupElement(Map.Handle, &index, &id)) ? id : null;
    }

    /// <summary>Takes a program out: jumps to it go on behind the jump. False when there was none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Delete(uint index)
    {
        return MapError.Found(Map, "delete an entry of", BpfSyscall.DeleteElement(Map.Handle, &index));
    }
}
