using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>
/// Attachments that must fail. A kernel that knows a kind of link complains about the nonsense that it is to attach to; one
/// that does not know it gets no further than the kind (EINVAL).
/// </summary>
internal static class LinkProbe
{
    private const string NoFunction = "emleak has no function of this name";
    private const int NoPid = 0;
    private const int ImpossiblePid = -1;

    public static FeatureSupport PerfEvent() => With(BpfProgramType.Tracepoint, default, static program =>
    {
        Errno errno = BpfSyscall.LinkPerfEvent(program, uint.MaxValue, cookie: 1, out BpfHandle? link);
        link?.Dispose();
        return Complaint(errno, knows: Errno.BadDescriptor);
    });

    public static FeatureSupport Uprobes(BpfAttachType attachType) => With(BpfProgramType.Kprobe, attachType, program =>
        // The root folder is not a file.
        Complaint(LinkRoot(program, attachType, NoPid), knows: Errno.BadDescriptor));

    public static FeatureSupport Kprobes(BpfAttachType attachType) => With(BpfProgramType.Kprobe, attachType, program =>
    {
        Errno errno = BpfSyscall.LinkKprobes(program, attachType, [NoFunction], [0], flags: 0, out BpfHandle? link);
        link?.Dispose();
        return Complaint(errno, knows: Errno.NoSuchProcess);
    });

    /// <summary>
    /// Whether a process id is taken as that. Kernels that take it as a thread's (before commit 46ba0e49b642) look at the path
    /// before the id; the others refuse an impossible id at once.
    /// </summary>
    public static FeatureSupport UprobesByProcess()
    {
        FeatureSupport links = KernelFeatures.UprobeMulti.Probe();
        if (links != FeatureSupport.Yes) return links;
        const BpfAttachType AttachType = BpfAttachType.TraceUprobeMulti;
        return With(BpfProgramType.Kprobe, AttachType, static program => LinkRoot(program, AttachType, ImpossiblePid) switch
        {
            Errno.Invalid => FeatureSupport.Yes,
            Errno.BadDescriptor => FeatureSupport.No,
            _ => FeatureSupport.Unknown,
        });
    }

    private static FeatureSupport With(BpfProgramType type, BpfAttachType attachType, Func<BpfHandle, FeatureSupport> attach)
    {
        Errno errno = ProbeCode.Load(type, attachType, ProbeCode.Trivial, [], out BpfHandle? program);
        if (program is null) return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
        using (program) return attach(program);
    }

    private static Errno LinkRoot(BpfHandle program, BpfAttachType attachType, int pid)
    {
        Errno errno = BpfSyscall.LinkUprobes(program, attachType, "/\0"u8, [0], [], [], flags: 0, pid, out BpfHandle? link);
        link?.Dispose();
        return errno;
    }

    // A kernel that was built without what the link attaches to says EOPNOTSUPP.
    private static FeatureSupport Complaint(Errno errno, Errno knows) =>
        errno == knows ? FeatureSupport.Yes
        : errno == Errno.NotSupported ? FeatureSupport.No
        : KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
}
