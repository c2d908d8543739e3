using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to one instruction of a file, through a perf event of the uprobe PMU.</summary>
internal static unsafe class UprobeAttachment
{
    // A perf event without a thread must name a CPU; the breakpoint runs the program on all of them nevertheless.
    private const int FirstCpu = 0;
    private const int SemaphoreShift = 32;

    public static BpfLink Attach(BpfProgram program, string path, ulong fileOffset, UprobeOptions options)
    {
        program.Demand(BpfProgramType.Kprobe, "a uprobe");
        PerfEventAttachment attachment = new(program, Describe(path, fileOffset, options), Advice);
        return attachment.Bind(OpenEvent(attachment, path, fileOffset, options), options.Cookie);
    }

    /// <summary>The event alone.</summary>
    internal static BpfHandle OpenEvent(PerfEventAttachment attachment, string path, ulong fileOffset, UprobeOptions options)
    {
        Errno errno = TryOpenEvent(path, fileOffset, options, out BpfHandle? perfEvent);
        return perfEvent ?? throw attachment.Failure(errno);
    }

    /// <summary>The event alone, if the kernel gives it.</summary>
    internal static Errno TryOpenEvent(string path, ulong fileOffset, UprobeOptions options, out BpfHandle? perfEvent)
    {
        ProbePmu pmu = ProbePmu.Uprobe;
        fixed (byte* pathBytes = Encoding.UTF8.GetBytes(path + '\0'))
        {
            PerfEventAttr attr = default;
            attr.Type = pmu.Type;
            attr.Config = (options.IsReturn ? pmu.ReturnProbe : 0) | SemaphoreBits(options);
            attr.UprobePath = (ulong)pathBytes;
            attr.ProbeOffset = fileOffset;
            return options.Pid is int thread
                ? PerfEventSyscall.Open(&attr, thread, PerfEventAttachment.AnyCpu, out perfEvent)
                : PerfEventSyscall.Open(&attr, PerfEventAttachment.EveryThread, FirstCpu, out perfEvent);
        }
    }

    // Documentation/ABI/testing/sysfs-bus-event_source-devices-uprobe.
    private static ulong SemaphoreBits(UprobeOptions options)
    {
        if (options.SemaphoreOffset == 0) return 0;
        if (!ProbePmu.CountsSemaphores) throw new FeatureNotSupportedException("counting of a probe's semaphore", "4.20");
        return options.SemaphoreOffset <= uint.MaxValue
            ? options.SemaphoreOffset << SemaphoreShift
            : throw new BpfException($"a semaphore at 0x{options.SemaphoreOffset:x} is beyond the 4 GiB that the kernel can be told");
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.NoSuchProcess => "the thread is gone; when a process's first thread has ended, name one that is alive",
        Errno.AccessDenied or Errno.NotPermitted => "this needs root, or CAP_PERFMON, and CAP_SYS_PTRACE for other users' processes",
        Errno.NoEntry => "no such file; for processes in containers the path is /proc/PID/root/...",
        Errno.Invalid => "the file is not a regular file, the offset is beyond its end, or the program is not one for single uprobes",
        Errno.NotSupported or Errno.NotSupportedByKernel or Errno.BadExecutable =>
            "the instruction there cannot be probed, or no instruction starts there",
        _ => null,
    };

    private static string Describe(string path, ulong fileOffset, UprobeOptions options)
    {
        string kind = options.IsReturn ? "uretprobe" : "uprobe";
        return options.Pid is int pid ? $"{kind} {path}+0x{fileOffset:x} in {pid}" : $"{kind} {path}+0x{fileOffset:x}";
    }
}
