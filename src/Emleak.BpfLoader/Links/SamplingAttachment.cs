using System.Globalization;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Attaches a program to a perf event that is counted on every CPU, or in every thread of a process.</summary>
internal static unsafe class SamplingAttachment
{
    public static BpfLinks Attach(BpfProgram program, PerfEventSource source, PerfEventOptions options)
    {
        string what = source.Type == PerfTypeId.Software ? $"{(PerfSoftwareId)source.Config}" : $"{source.Type} {source.Config}";
        string place = options.Pid is int pid ? $"{what} in {pid}" : $"{what} on every CPU";
        PerfEventAttachment attachment = new(program, place, Advice);
        List<BpfLink> links = [];
        try
        {
            foreach ((int thread, int cpu) in Places(options, place))
            {
                if (TryOpen(attachment, source, options, thread, cpu) is BpfHandle perfEvent) links.Add(attachment.Bind(perfEvent, options.Cookie));
            }

            return links.Count > 0 ? new BpfLinks(links) : throw new BpfException($"cannot attach {place}: no thread of the process is left");
        }
        catch
        {
            foreach (BpfLink link in links) link.Dispose();
            throw;
        }
    }

    // Looking for threads once only: a second look would find, and count twice, those that are watched since their creation.
    private static IEnumerable<(int Thread, int Cpu)> Places(PerfEventOptions options, string place)
    {
        if (options.Pid is not int pid) return Enumerable.Range(0, PossibleCpus.Count).Select(static cpu => (PerfEventAttachment.EveryThread, cpu));
        string folder = $"/proc/{pid}/task";
        return Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder)
                .Select(static path => (int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture), PerfEventAttachment.AnyCpu))
            : throw new BpfException($"attach {place}", Errno.NoSuchProcess);
    }

    /// <summary>Null when the thread has ended, or the CPU is not there.</summary>
    private static BpfHandle? TryOpen(PerfEventAttachment attachment, PerfEventSource source, PerfEventOptions options, int thread, int cpu)
    {
        PerfEventAttr attr = default;
        attr.Type = (uint)source.Type;
        attr.Config = source.Config;
        attr.Freq = options.Frequency is not null;
        attr.SamplePeriod = options.Frequency ?? options.Period;
        attr.Disabled = true;
        attr.Inherit = attr.InheritThread = options.Pid is not null;
        Errno errno = PerfEventSyscall.Open(&attr, thread, cpu, out BpfHandle? perfEvent);
        if (errno == Errno.Invalid && attr.InheritThread)
        {
            attr.InheritThread = false;
            errno = PerfEventSyscall.Open(&attr, thread, cpu, out perfEvent);
        }

        if (errno is Errno.NoSuchProcess or Errno.NoDevice) return null;
        return perfEvent ?? throw attachment.Failure(errno);
    }

    private static string? Advice(Errno errno) => errno switch
    {
        Errno.Invalid => "the program is not a perf_event program, or the frequency is above /proc/sys/kernel/perf_event_max_sample_rate",
        Errno.NoEntry or Errno.NotSupported => "this machine cannot count that event",
        Errno.AccessDenied or Errno.NotPermitted => LoadAdvice.ToAttach(),
        _ => null,
    };
}
