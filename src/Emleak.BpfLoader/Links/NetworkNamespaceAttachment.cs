using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a network namespace: by a link; flow dissectors before 5.8 by BPF_PROG_ATTACH, to that of the caller.</summary>
internal static class NetworkNamespaceAttachment
{
    private const string Own = "/proc/thread-self/ns/net";

    public static BpfLink Attach(BpfProgram program, string? path, AttachWay way = AttachWay.Best)
    {
        BpfAttachType attachType = program.Type switch
        {
            BpfProgramType.SkLookup => BpfAttachType.SkLookup,
            BpfProgramType.FlowDissector => BpfAttachType.FlowDissector,
            _ => throw new InvalidOperationException($"{program} is not attached to network namespaces: its section must be sk_lookup or flow_dissector"),
        };
        string place = $"network namespace {path ?? "of this thread"} ({attachType})";
        using BpfHandle target = BpfHandle.OpenPath(path ?? Own, $"attach {place}");
        using BpfHandle.Lease lease = target.Borrow();
        Errno errno = Errno.Invalid;
        BpfHandle? link = null;
        if (way != AttachWay.Old) errno = BpfSyscall.Link(program.Handle, new(lease.Descriptor, attachType), out link);
        if (link is not null) return new BpfLink(link, $"{program.Name} on {place}");
        if (errno == Errno.Invalid && way != AttachWay.Link && path is null && attachType == BpfAttachType.FlowDissector)
        {
            // The kernel takes the caller's namespace, and wants no descriptor of it.
            errno = FlowDissector.Attach(program.Handle, out FlowDissector? hook);
            if (hook is not null) return new BpfLink(hook, $"{program.Name} on {place}");
        }

        throw new BpfException($"attach {place}", errno, errno switch
        {
            Errno.Exists or Errno.Busy => "the namespace has a program of this kind already",
            Errno.Invalid => "this is no network namespace, or the kernel has no links to them (Linux 5.8 for flow dissectors, 5.9 for sk_lookup)",
            Errno.TooBig => "a namespace holds at most 64 programs of this kind",
            Errno.NotPermitted => LoadAdvice.ToAttachToNetwork(),
            _ => null,
        });
    }

    private sealed class FlowDissector(BpfHandle program) : IUnlinkedAttachment
    {
        private const uint OwnNamespace = 0;

        private BpfHandle _program = program;

        public static Errno Attach(BpfHandle program, out FlowDissector? hook)
        {
            Errno errno = BpfSyscall.AttachProgram(program, OwnNamespace, BpfAttachType.FlowDissector, flags: 0);
            hook = errno == Errno.None ? new FlowDissector(program.Duplicate()) : null;
            return errno;
        }

        public void Detach()
        {
            using (_program) BpfSyscall.DetachProgram(_program, OwnNamespace, BpfAttachType.FlowDissector);
        }

        public Errno Replace(BpfHandle replacement)
        {
            // The kernel puts the new one in place of the old one since 5.6.
            Errno errno = BpfSyscall.AttachProgram(replacement, OwnNamespace, BpfAttachType.FlowDissector, flags: 0);
            if (errno != Errno.None) return errno;
            using BpfHandle old = _program;
            _program = replacement.Duplicate();
            return errno;
        }
    }
}
