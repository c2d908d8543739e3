using Emleak.BpfLoader;
using Emleak.Cli;
using Emleak.Target;
using Emleak.Tracing;

namespace Emleak;

/// <summary>Traces what the command line names: one process, or every process of a name, one after the other.</summary>
internal static class TraceCommand
{
    private const string StartedLine =
        "Successfully started! Please run `sudo cat /sys/kernel/debug/tracing/trace_pipe` to see output of the BPF programs.";

    // poll(2) counts in milliseconds that fit an int.
    private static readonly TimeSpan Forever = TimeSpan.FromMilliseconds(int.MaxValue);

    public static ExitCode Run(TraceRequest request)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new EmleakException(ExitCode.NotPermitted, "tracing another process needs root: run it with sudo");
        }

        using StopSignals stop = new();
        try
        {
            if (request.Pid is int pid) TraceProcess(request.Options, pid, stop);
            else TraceByName(request.Options, request.Comm!, stop);
            return ExitCode.Success;
        }
        catch (FeatureNotSupportedException problem)
        {
            throw new EmleakException(ExitCode.KernelNotSupported, problem.Message, problem);
        }
        catch (BpfException problem)
        {
            throw new EmleakException(ExitCode.Failure, problem.Message, problem);
        }
    }

    private static void TraceProcess(TracingOptions options, int pid, StopSignals stop)
    {
        using TargetProcess target = TargetProcess.Open(pid);
        using TraceRun trace = TraceRun.Start(target, options);
        Console.Out.WriteLine(StartedLine);
        trace.RunUntilEnd(stop);
    }

    private static void TraceByName(TracingOptions options, string comm, StopSignals stop)
    {
        using ExecutionWatch watch = new(comm);
        Console.Out.WriteLine(StartedLine);
        while (true)
        {
            if (stop.TryTake(out int signal))
            {
                TraceRun.AnnounceSignal(signal);
                TraceRun.AnnounceFiles("mleakstacks.txt,mleaksummary.csv,mleakstatics.csv");
                return;
            }

            if (watch.Take() is not int pid)
            {
                Libc.Poll(
                    [PollDescriptor.ForReading(watch.Descriptor), PollDescriptor.ForReading(stop.Descriptor)],
                    Forever);
                continue;
            }

            // One at a time, the first first. A process that began meanwhile and still runs is next.
            if (TraceExecution(options, pid, stop)) return;
        }
    }

    /// <summary>Traces a process that has just begun. True when a signal ended the trace, false when the process did.</summary>
    private static bool TraceExecution(TracingOptions options, int pid, StopSignals stop)
    {
        try
        {
            using TargetProcess target = TargetProcess.Open(pid);
            Console.Out.WriteLine($"touch ok pid = {pid}.");
            using TraceRun trace = TraceRun.Start(target, options, isBeginning: true);
            return trace.RunUntilEnd(stop);
        }
        catch (EmleakException problem) when (problem.ExitCode == ExitCode.NoProcess)
        {
            // It was over before it could be probed; the next one may live longer.
            Console.Error.WriteLine($"emleak: {problem.Message}");
            return false;
        }
    }
}
