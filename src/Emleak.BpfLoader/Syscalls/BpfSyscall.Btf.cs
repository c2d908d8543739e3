using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>The commands that look at the types in the kernel.</summary>
internal static unsafe partial class BpfSyscall
{
    /// <summary>The lowest number of BTF in the kernel above <paramref name="id"/>; ENOENT when there is none. Since kernel 5.4.</summary>
    public static Errno NextBtf(uint id, out uint next)
    {
        BpfAttr attr = default;
        attr.StartId = id;
        Errno errno = Call(BpfCmd.BtfGetNextId, &attr);
        next = attr.NextId;
        return errno;
    }

    /// <summary>Opens BTF by its number. Since kernel 4.18.</summary>
    public static Errno OpenBtf(uint id, out BpfHandle? btf)
    {
        BpfAttr attr = default;
        attr.BtfId = id;
        return Descriptor(BpfCmd.BtfGetFdById, &attr, out btf);
    }

    /// <summary>Describes BTF; what <paramref name="info"/> points to is filled in as far as there is room. Since kernel 4.18.</summary>
    public static Errno DescribeBtf(BpfHandle btf, BpfBtfInfo* info)
    {
        using BpfHandle.Lease lease = btf.Borrow();
        BpfAttr attr = default;
        attr.Info.BpfFd = lease.Descriptor;
        attr.Info.InfoLen = (uint)sizeof(BpfBtfInfo);
        attr.Info.Info = (ulong)info;
        return Call(BpfCmd.ObjGetInfoByFd, &attr);
    }
}
