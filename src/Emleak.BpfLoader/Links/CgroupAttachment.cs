using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a control group: by a link, before 5.7 by BPF_PROG_ATTACH.</summary>
internal static class CgroupAttachment
{
    // BPF_F_ALLOW_MULTI of linux/bpf.h; links always are one of several.
    private const uint OneOfSeveral = 1 << 1;

    public static BpfLink Attach(BpfProgram program, string folder, AttachOrder? order, AttachWay way = AttachWay.Best)
    {
        BpfAttachType attachType = program.Type switch
        {
            BpfProgramType.CgroupSkb or BpfProgramType.CgroupSock or BpfProgramType.CgroupSockAddr or BpfProgramType.CgroupSockopt => program.ExpectedAttachType,
            // The kernel does not want to know these at load time, so that a caller may have left them out.
            BpfProgramType.SockOps => BpfAttachType.CgroupSockOps,
            BpfProgramType.CgroupDevice => BpfAttachType.CgroupDevice,
            BpfProgramType.CgroupSysctl => BpfAttachType.CgroupSysctl,
            BpfProgramType.Lsm when program.ExpectedAttachType == BpfAttachType.LsmCgroup => BpfAttachType.LsmCgroup,
            _ => throw new InvalidOperationException($"{program} is not attached to control groups"),
        };
        string place = $"control group {folder} ({attachType})";
        string description = $"{program.Name} on {place}";
        using BpfHandle target = BpfHandle.OpenPath(folder, $"attach {place}");
        using BpfHandle.Lease lease = target.Borrow();
        Errno errno = Errno.Invalid;
        BpfHandle? link = null;
        if (way != AttachWay.Old) errno = AttachOrder.Link(program.Handle, new(lease.Descriptor, attachType), order, out link);
        if (link is not null) return new BpfLink(link, description);
        if (errno == Errno.Invalid && way != AttachWay.Link && order is null)
        {
            errno = ProgramHook.Attach(program.Handle, target, attachType, OneOfSeveral, canReplace: true, out ProgramHook? hook);
            if (hook is not null) return new BpfLink(hook, description);
        }

        throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.BadDescriptor => "this is no folder of a control-group file system of version 2",
            Errno.NotPermitted => $"{LoadAdvice.ToAttachToNetwork()}; a parent group may have a program that excludes others",
            Errno.TooBig => "a group holds at most 64 programs of a kind",
            Errno.Invalid when order is not null => "an order among programs of control groups needs Linux 6.16",
            _ => null,
        });
    }
}
