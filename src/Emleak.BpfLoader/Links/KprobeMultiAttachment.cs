using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to many functions of the kernel by one link.</summary>
internal static class KprobeMultiAttachment
{
    // BPF_F_KPROBE_MULTI_RETURN of linux/bpf.h, an enum without a name.
    private const uint ReturnFlag = 1;

    public static BpfLink Attach(BpfProgram program, ReadOnlySpan<KprobeSite> sites, bool isReturn)
    {
        if (sites.IsEmpty) throw new ArgumentException("there is nothing to attach to", nameof(sites));
        bool isSession = program.ExpectedAttachType == BpfAttachType.TraceKprobeSession;
        if (!isSession && program.ExpectedAttachType != BpfAttachType.TraceKprobeMulti)
        {
            throw new InvalidOperationException(
                $"{program} was not loaded for many kprobes at once: its section must be kprobe.multi, kretprobe.multi or " +
                $"kprobe.session, or {nameof(ProgramSpec)}.{nameof(ProgramSpec.ExpectedAttachType)} set accordingly before loading");
        }

        string[] names = new string[sites.Length];
        ulong[] cookies = new ulong[sites.Length];
        for (int i = 0; i < sites.Length; i++) (names[i], cookies[i]) = sites[i];
        uint flags = isReturn ? ReturnFlag : 0;
        Errno errno = BpfSyscall.LinkKprobes(program.Handle, program.ExpectedAttachType, names, cookies, flags, out BpfHandle? link);
        string place = $"{(isSession ? "session" : isReturn ? "kretprobe" : "kprobe")} at {sites.Length} functions of the kernel";
        if (link is not null) return new BpfLink(link, $"{program.Name} on {place}");
        KernelFeature needed = isSession ? KernelFeatures.KprobeSession : KernelFeatures.KprobeMulti;
        if (errno is Errno.Invalid or Errno.NotSupported && needed.Probe() == FeatureSupport.No) throw new FeatureNotSupportedException(needed);
        throw new BpfException($"attach {place}", errno, Advice(errno));
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.NoSuchProcess or Errno.NoEntry => "one of the functions does not exist, or cannot be traced",
        Errno.TooBig => "a link holds at most 1,048,576 functions",
        Errno.NotPermitted => LoadAdvice.ToAttach(),
        _ => null,
    };
}
