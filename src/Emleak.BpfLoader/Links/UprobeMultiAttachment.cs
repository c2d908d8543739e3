using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to many instructions of a file by one link.</summary>
internal static class UprobeMultiAttachment
{
    // BPF_F_UPROBE_MULTI_RETURN of linux/bpf.h, an enum without a name.
    private const uint ReturnFlag = 1;
    private const int EveryProcess = 0;

    public static BpfLink Attach(BpfProgram program, string path, ReadOnlySpan<UprobeSite> sites, UprobeMultiOptions options)
    {
        BpfAttachType attachType = AttachTypeOf(program);
        bool isSession = attachType == BpfAttachType.TraceUprobeSession;
        if (sites.IsEmpty) throw new ArgumentException("there is nothing to attach to", nameof(sites));
        if (isSession && options.IsReturn)
            throw new ArgumentException("a session runs at entry and return: it cannot be attached to returns only", nameof(options));
        // It would attach, and run for one thread only.
        if (options.Pid is not null && KernelFeatures.UprobeMultiByProcess.Probe() == FeatureSupport.No)
            throw new FeatureNotSupportedException(MissingFor(isSession) ?? KernelFeatures.UprobeMultiByProcess);
        string place = Describe(path, sites.Length, options, isSession);
        if (options.Pid is int watched && TaskState.HasEnded(watched))
        {
            throw new BpfException(
                $"cannot attach {place}: the process's first thread has ended, and the kernel finds no memory to put breakpoints " +
                "into although other threads may live; leave out the process id and let the program compare it");
        }

        ulong[] offsets = new ulong[sites.Length];
        ulong[] cookies = new ulong[sites.Length];
        ulong[] semaphores = new ulong[sites.Length];
        for (int i = 0; i < sites.Length; i++)
        {
            (offsets[i], cookies[i]) = sites[i];
            semaphores[i] = sites[i].SemaphoreOffset;
        }

        Errno errno = BpfSyscall.LinkUprobes(
            program.Handle,
            attachType,
            Encoding.UTF8.GetBytes(path + '\0'),
            offsets,
            cookies,
            semaphores.AsSpan().IndexOfAnyExcept(0ul) < 0 ? [] : semaphores,
            options.IsReturn ? ReturnFlag : 0,
            options.Pid ?? EveryProcess,
            out BpfHandle? link);
        if (link is not null) return new BpfLink(link, $"{program.Name} on {place}");
        if (errno == Errno.Invalid && MissingFor(isSession) is KernelFeature missing) throw new FeatureNotSupportedException(missing);
        throw new BpfException($"attach {place}", errno, Advice(errno));
    }

    private static BpfAttachType AttachTypeOf(BpfProgram program) => program.ExpectedAttachType switch
    {
        BpfAttachType.TraceUprobeMulti or BpfAttachType.TraceUprobeSession => program.ExpectedAttachType,
        _ => throw new InvalidOperationException(
            $"{program} was not loaded for many uprobes at once: its section must be uprobe.multi, uretprobe.multi or " +
            $"uprobe.session, or {nameof(ProgramSpec)}.{nameof(ProgramSpec.ExpectedAttachType)} set accordingly before loading"),
    };

    private static KernelFeature? MissingFor(bool isSession)
    {
        KernelFeature needed = isSession ? KernelFeatures.UprobeSession : KernelFeatures.UprobeMulti;
        return needed.Probe() == FeatureSupport.No ? needed : null;
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.NoSuchProcess => "there is no such process; the id of a thread does not do",
        Errno.AccessDenied or Errno.NotPermitted => LoadAdvice.ToAttach(),
        Errno.NoEntry => "no such file; for processes in containers the path is /proc/PID/root/...",
        Errno.BadDescriptor => "the path is not that of a regular file",
        Errno.Invalid => "an offset is beyond the file's end",
        Errno.TooBig => "a link holds at most 1,048,576 sites",
        Errno.NotSupported or Errno.NotSupportedByKernel or Errno.BadExecutable =>
            "one of the instructions cannot be probed, or no instruction starts there",
        _ => null,
    };

    private static string Describe(string path, int count, UprobeMultiOptions options, bool isSession)
    {
        string kind = isSession ? "session" : options.IsReturn ? "uretprobe" : "uprobe";
        string place = $"{kind} at {count} {(count == 1 ? "place" : "places")} of {path}";
        return options.Pid is int pid ? $"{place} in {pid}" : place;
    }
}
