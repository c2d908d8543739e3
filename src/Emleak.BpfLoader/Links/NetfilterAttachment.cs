using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a netfilter hook. There never was another way than links.</summary>
internal static class NetfilterAttachment
{
    // BPF_F_NETFILTER_IP_DEFRAG of linux/bpf.h.
    private const uint DefragmentFlag = 1;

    public static BpfLink Attach(BpfProgram program, NetfilterFamily family, NetfilterHook hook, NetfilterOptions options)
    {
        if (program.Type != BpfProgramType.Netfilter) throw new InvalidOperationException($"{program} is no netfilter program");
        string place = $"netfilter hook {hook} of {family}, priority {options.Priority}";
        uint flags = options.Defragment ? DefragmentFlag : 0;
        Errno errno = BpfSyscall.LinkNetfilter(program.Handle, (uint)family, (uint)hook, options.Priority, flags, out BpfHandle? link);
        return link is not null ? new BpfLink(link, $"{program.Name} on {place}") : throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.Exists or Errno.Busy => "another BPF program has this priority there",
            Errno.OutOfRange => "the lowest and the highest priority are the kernel's",
            Errno.Invalid when options.Defragment => "fragments are put together before priority -400 only, since Linux 6.6",
            Errno.ProtocolNotSupported or Errno.NotSupported => "the kernel was built without this family",
            Errno.NotPermitted => LoadAdvice.ToAttachToNetwork(),
            _ => null,
        });
    }
}
