using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>The commands that every kind of object has: files for it, numbers for it, what the kernel knows of it.</summary>
internal static unsafe partial class BpfSyscall
{
    /// <summary>Since kernel 4.4; links since 5.7. <paramref name="path"/> ends with a zero byte.</summary>
    public static Errno Pin(BpfHandle handle, ReadOnlySpan<byte> path)
    {
        using BpfHandle.Lease lease = handle.Borrow();
        fixed (byte* pathPointer = path)
        {
            BpfAttr attr = default;
            attr.Pathname = (ulong)pathPointer;
            attr.BpfFd = lease.Descriptor;
            return Call(BpfCmd.ObjPin, &attr);
        }
    }

    /// <summary>Since kernel 4.4. <paramref name="path"/> ends with a zero byte.</summary>
    public static Errno OpenPinned(ReadOnlySpan<byte> path, out BpfHandle? handle)
    {
        fixed (byte* pathPointer = path)
        {
            BpfAttr attr = default;
            attr.Pathname = (ulong)pathPointer;
            return Descriptor(BpfCmd.ObjGet, &attr, out handle);
        }
    }

    /// <summary>Since kernel 4.13; links since 5.8. The command says which kind of object the number is of.</summary>
    public static Errno OpenById(BpfCmd command, uint id, out BpfHandle? handle)
    {
        BpfAttr attr = default;
        attr.MapId = id;
        return Descriptor(command, &attr, out handle);
    }

    /// <summary>The least number above <paramref name="id"/> that an object has; ENOENT after the last.</summary>
    public static Errno NextId(BpfCmd command, ref uint id)
    {
        BpfAttr attr = default;
        attr.StartId = id;
        Errno errno = Call(command, &attr);
        id = attr.NextId;
        return errno;
    }

    /// <summary>
    /// Since kernel 4.13. What an older kernel does not know stays zero; what the caller has set says where lists and texts are
    /// to be written.
    /// </summary>
    public static Errno GetInfo<TInfo>(BpfHandle handle, ref TInfo info)
        where TInfo : unmanaged
    {
        using BpfHandle.Lease lease = handle.Borrow();
        fixed (TInfo* pointer = &info)
        {
            BpfAttr attr = default;
            attr.Info.BpfFd = lease.Descriptor;
            attr.Info.InfoLen = (uint)sizeof(TInfo);
            attr.Info.Info = (ulong)pointer;
            return Call(BpfCmd.ObjGetInfoByFd, &attr);
        }
    }
}
