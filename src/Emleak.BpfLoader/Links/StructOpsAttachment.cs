using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Lets the kernel use a structure of functions.</summary>
internal static class StructOpsAttachment
{
    public static BpfLink Attach(BpfMap map)
    {
        if (map.Type != BpfMapType.StructOps) throw new InvalidOperationException($"{map} is no structure of functions");
        Errno errno = BpfSyscall.LinkStructOps(map.Handle, out BpfHandle? link);
        return link is not null ? new BpfLink(link, $"structure of functions '{map.Name}'") : throw new BpfException($"attach {map}", errno, errno switch
        {
            Errno.Exists => "the kernel uses another one of the same name",
            Errno.Invalid => "the kernel does not take this structure: a function that it must have may be missing",
            Errno.NotSupported or Errno.NotSupportedByKernel => "structures of this type cannot be attached",
            _ => null,
        });
    }
}
