using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Lets the kernel use a structure of functions: by a link, or for as long as the map has its value.</summary>
internal static class StructOpsAttachment
{
    public static BpfLink Attach(BpfMap map)
    {
        if (map.Type != BpfMapType.StructOps) throw new InvalidOperationException($"{map} is no structure of functions");
        bool isLinked = (map.Flags & MapFlags.Link) != 0;
        string description = $"structure of functions '{map.Name}'";
        Errno errno = map.Structure?.Write(map) ?? Errno.None;
        // A map that has its value already, from an earlier link, keeps it.
        if (errno != Errno.None && !(isLinked && errno == Errno.Busy)) throw Failure(map, errno);
        if (!isLinked) return new BpfLink(new Registration(map.Handle.Duplicate()), description);
        errno = BpfSyscall.LinkStructOps(map.Handle, out BpfHandle? link);
        return link is not null ? new BpfLink(link, description) : throw Failure(map, errno);
    }

    private static BpfException Failure(BpfMap map, Errno errno) => new($"attach {map}", errno, errno switch
    {
        Errno.Exists => "the kernel uses another one of the same name",
        Errno.Busy => "it is attached already",
        Errno.Invalid => "the kernel does not take this structure: a function that it must have may be missing",
        Errno.NotSupported or Errno.NotSupportedByKernel => "structures of this type cannot be attached",
        _ => null,
    });

    // Until 6.4 the kernel uses a structure from when its map gets the value until that is taken out.
    private sealed class Registration(BpfHandle map) : IUnlinkedAttachment
    {
        public unsafe void Detach()
        {
            uint key = 0;
            using (map) BpfSyscall.DeleteElement(map, &key);
        }

        public Errno Replace(BpfHandle program) => Errno.NotSupported;
    }
}
