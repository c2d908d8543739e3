using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to the sockets of a map: by a link, before 6.10 by BPF_PROG_ATTACH.</summary>
internal static class SocketMapAttachment
{
    public static BpfLink Attach(BpfProgram program, BpfMap map, AttachWay way = AttachWay.Best)
    {
        if (map.Type is not (BpfMapType.Sockmap or BpfMapType.Sockhash)) throw new InvalidOperationException($"{map} is no map of sockets");
        BpfAttachType attachType = program.Type switch
        {
            BpfProgramType.SkMsg => BpfAttachType.SkMsgVerdict,
            BpfProgramType.SkSkb when program.ExpectedAttachType is BpfAttachType.SkSkbStreamParser or BpfAttachType.SkSkbStreamVerdict or BpfAttachType.SkSkbVerdict
                => program.ExpectedAttachType,
            _ => throw new InvalidOperationException(
                $"{program} is not attached to maps of sockets: its section must be sk_msg, sk_skb/stream_parser, sk_skb/stream_verdict or sk_skb/verdict"),
        };
        string place = $"{map} ({attachType})";
        string description = $"{program.Name} on {place}";
        using BpfHandle.Lease lease = map.Handle.Borrow();
        Errno errno = Errno.Invalid;
        BpfHandle? link = null;
        if (way != AttachWay.Old) errno = BpfSyscall.Link(program.Handle, new(lease.Descriptor, attachType), out link);
        if (link is not null) return new BpfLink(link, description);
        if (errno == Errno.Invalid && way != AttachWay.Link)
        {
            errno = ProgramHook.Attach(program.Handle, map.Handle, attachType, flags: 0, canReplace: false, out ProgramHook? hook);
            if (hook is not null) return new BpfLink(hook, description);
        }

        throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.Busy or Errno.Exists => "the map has a program of this kind already, or one that excludes it",
            Errno.NotSupported or Errno.NotSupportedByKernel => "the kernel was built without NET_SOCK_MSG or BPF_STREAM_PARSER",
            Errno.NotPermitted => LoadAdvice.ToAttachToNetwork(),
            _ => null,
        });
    }
}
