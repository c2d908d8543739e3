using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// Attaches a program to what it was verified against: a function's entry or exit, a tracepoint, a security hook, an iterator, a function of a program.
/// </summary>
internal static class TracingAttachment
{
    public static BpfLink Attach(BpfProgram program, ulong? cookie)
    {
        if (program.Type is not (BpfProgramType.Tracing or BpfProgramType.Lsm or BpfProgramType.Ext))
            throw new InvalidOperationException($"{program} is not attached by the kernel's types: its section must be fentry, fexit, tp_btf, lsm, iter or freplace");
        string place = $"{program.ExpectedAttachType} {program.AttachTarget}";
        BpfHandle? link;
        // Older kernels attach these as raw tracepoints without a name, which take no cookie.
        Errno errno = cookie is null && program.ExpectedAttachType != BpfAttachType.TraceIter
            ? BpfSyscall.OpenRawTracepoint(program.Handle, [], cookie: 0, out link)
            : BpfSyscall.LinkTracing(program.Handle, program.ExpectedAttachType, cookie ?? 0, out link);
        return link is null ? throw Failure(place, errno, cookie) : new BpfLink(link, $"{program.Name} on {place}");
    }

    private static BpfException Failure(string place, Errno errno, ulong? cookie) => new($"attach {place}", errno, errno switch
    {
        Errno.NotSupportedByKernel or Errno.NotSupported => "the kernel was built without DYNAMIC_FTRACE_WITH_DIRECT_CALLS, or the function cannot be traced",
        Errno.Busy => "another tracer holds the function, or the program is attached already",
        Errno.Invalid when cookie is not null => "cookies need Linux 5.19; security hooks need bpf in the list of LSMs (lsm= on the kernel's command line)",
        Errno.Invalid => "security hooks need bpf in the list of LSMs (lsm= on the kernel's command line)",
        Errno.NotPermitted => LoadAdvice.ToAttach(),
        _ => null,
    });
}
