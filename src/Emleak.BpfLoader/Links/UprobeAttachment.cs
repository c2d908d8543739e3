using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to one instruction of a file, through a perf event of the uprobe PMU.</summary>
internal static unsafe class UprobeAttachment
{
    private const int EveryThread = -1;
    private const int AnyCpu = -1;

    // A perf event without a thread must name a CPU; the breakpoint runs the program on all of them nevertheless.
    private const int FirstCpu = 0;

    public static BpfLink Attach(BpfProgram program, string path, ulong fileOffset, UprobeOptions options)
    {
        string place = Describe(path, fileOffset, options);
        BpfHandle perfEvent = OpenEvent(path, fileOffset, options, place);
        BpfHandle? link = null;
        try
        {
            if (options.Cookie is ulong cookie) link = Link(program, perfEvent, cookie, place);
            else Demand(PerfEventSyscall.SetProgram(perfEvent, program.Handle), place);
            Demand(PerfEventSyscall.Enable(perfEvent), place);
        }
        catch
        {
            link?.Dispose();
            perfEvent.Dispose();
            throw;
        }

        string description = $"{program.Name} on {place}";
        if (link is null) return new BpfLink(perfEvent, description);
        // The link keeps the event.
        perfEvent.Dispose();
        return new BpfLink(link, description);
    }

    private static BpfHandle OpenEvent(string path, ulong fileOffset, UprobeOptions options, string place)
    {
        UprobePmu pmu = UprobePmu.Default;
        fixed (byte* pathBytes = Encoding.UTF8.GetBytes(path + '\0'))
        {
            PerfEventAttr attr = default;
            attr.Type = pmu.Type;
            attr.Config = options.IsReturn ? pmu.ReturnProbe : 0;
            attr.UprobePath = (ulong)pathBytes;
            attr.ProbeOffset = fileOffset;
            int cpu = options.Pid is null ? FirstCpu : AnyCpu;
            Errno errno = PerfEventSyscall.Open(&attr, options.Pid ?? EveryThread, cpu, out BpfHandle? perfEvent);
            return perfEvent ?? throw Failure(place, errno);
        }
    }

    private static BpfHandle Link(BpfProgram program, BpfHandle perfEvent, ulong cookie, string place)
    {
        KernelFeature feature = KernelFeatures.UprobeCookies;
        if (feature.Probe() == FeatureSupport.No)
            throw new FeatureNotSupportedException(feature);
        using BpfHandle.Lease lease = perfEvent.Borrow();
        Errno errno = BpfSyscall.LinkPerfEvent(program.Handle, lease.Descriptor, cookie, out BpfHandle? link);
        return link ?? throw Failure(place, errno);
    }

    private static void Demand(Errno errno, string place)
    {
        if (errno != Errno.None) throw Failure(place, errno);
    }

    private static BpfException Failure(string place, Errno errno) => new($"attach {place}", errno, errno switch
    {
        Errno.NoSuchProcess => "the thread is gone; when a process's first thread has ended, name one that is alive",
        Errno.AccessDenied or Errno.NotPermitted => "this needs root, or CAP_PERFMON, and CAP_SYS_PTRACE for other users' processes",
        Errno.NoEntry => "no such file; for processes in containers the path is /proc/PID/root/...",
        Errno.Invalid => "the file is not a regular file, the offset is beyond its end, or the program is not a kprobe program",
        Errno.NotSupported or Errno.NotSupportedByKernel or Errno.BadExecutable =>
            "the instruction there cannot be probed, or no instruction starts there",
        Errno.TooManyOpenFiles => "every probe takes a file descriptor: raise the limit (ulimit -n)",
        _ => null,
    });

    private static string Describe(string path, ulong fileOffset, UprobeOptions options)
    {
        string kind = options.IsReturn ? "uretprobe" : "uprobe";
        return options.Pid is int pid ? $"{kind} {path}+0x{fileOffset:x} in {pid}" : $"{kind} {path}+0x{fileOffset:x}";
    }
}
