using Emleak.Cli;
using Emleak.Reporting;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>Traces what the command line names: one process, or every process of a name, one after the other.</summary>
internal static class TraceCommand
{
    private const string StartedLine =
        "Successfully started! Please run `sudo cat /sys/kernel/debug/tracing/trace_pipe` to see output of the BPF programs.";

    // poll(2) counts in milliseconds that fit an int.
    private static readonly TimeSpan Forever = TimeSpan.FromMilliseconds(int.MaxValue);

    public static ExitCode Run(TraceRequest request, Reporter reporter)
    {
        CheckPermitted();
        using StopSignals stop = new(takesIgnored: true);
        return request.Pid is int pid
            ? TraceProcess(request.Options, pid, stop, reporter)
            : TraceByName(request.Options, request.Comm!, stop, reporter);
    }

    /// <exception cref="EmleakException">This user may not trace.</exception>
    public static void CheckPermitted()
    {
        if (Permission.WhyNotTrace is string missing) throw new EmleakException(ExitCode.NotPermitted, missing);
    }

    private static ExitCode TraceProcess(TracingOptions options, int pid, StopSignals stop, Reporter reporter)
    {
        using TargetProcess target = TargetProcess.Open(pid);
        using TracingHost host = new(options, name: null, reporter);
        host.Watch.TryClaim(pid);
        using TraceSeries series = new(host, name: null);
        series.Begin(target, stop);
        reporter.Report(StartedLine);
        series.Follow(stop);
        return series.WaitForFiles(stop);
    }

    private static ExitCode TraceByName(TracingOptions options, string name, StopSignals stop, Reporter reporter)
    {
        using TracingHost host = new(options, name, reporter);
        host.TellWhatIsMissed();
        using TraceSeries series = new(host, name);
        reporter.Report(StartedLine);
        HashSet<Candidate> refused = [];
        bool mayRunAlready = true;
        while (true)
        {
            if (stop.TryTake(out int signal))
            {
                TraceRun.AnnounceSignal(reporter, signal);
                TraceRun.AnnounceFiles(reporter, "mleakstacks.txt,mleaksummary.csv,mleakstatics.csv");
                return series.WaitForFiles(stop);
            }

            ProcessEvent? beginning = TakeExecution(host);
            Candidate candidate = beginning is ProcessEvent begun ? CandidateOf(begun) : default;
            if (beginning is null && !(mayRunAlready && TakeRunning(host, name, refused, out candidate)))
            {
                mayRunAlready = false;
                Libc.Poll([PollDescriptor.ForReading(host.Watch.Descriptor), PollDescriptor.ForReading(stop.Descriptor)], Forever);
                continue;
            }

            if (TryTrace(host, series, candidate, beginning ?? AwaitBeginning(host, candidate.Pid), refused, stop) == TraceEnd.Signal) return series.WaitForFiles(stop);
            mayRunAlready = true;
        }
    }

    private static Candidate CandidateOf(in ProcessEvent change) => new((int)change.Pid, ProcessStatus.TicksOf(change.StartTime));

    // One that begins waits for us.
    private static ProcessEvent? TakeExecution(TracingHost host)
    {
        while (host.Watch.TryTake(out ProcessEvent change))
        {
            if (change.Change == ProcessChange.Executed) return change;
            host.Watch.LetRun(change);
        }

        return null;
    }

    // One that began before emleak, or while another one was traced.
    private static bool TakeRunning(TracingHost host, string name, HashSet<Candidate> refused, out Candidate candidate)
    {
        Candidate? oldest = RunningPrograms.FindOldest(name, refused);
        candidate = oldest.GetValueOrDefault();
        return oldest is not null && host.Watch.TryClaim(candidate.Pid);
    }

    // A process has its new name a moment before it is said to have executed the program. Null for one that runs already.
    private static ProcessEvent? AwaitBeginning(TracingHost host, int pid)
    {
        TimeSpan moment = TimeSpan.FromMilliseconds(50);
        Libc.Poll([PollDescriptor.ForReading(host.Watch.Descriptor)], moment);
        while (host.Watch.TryTake(out ProcessEvent change))
        {
            if (change.Pid == pid && change.Change == ProcessChange.Executed) return change;
            host.Watch.LetRun(change);
        }

        return null;
    }

    /// <summary>Traces a process of the name as long as it runs a program of the name. Null when it could not be traced.</summary>
    private static TraceEnd? TryTrace(
        TracingHost host, TraceSeries series, Candidate candidate, ProcessEvent? beginning, HashSet<Candidate> refused, StopSignals stop)
    {
        TargetProcess? target = null;
        try
        {
            target = TargetProcess.Open(candidate.Pid, candidate.StartTime);
            refused.Add(candidate);
            host.Reporter.Report($"touch ok pid = {target.Pid}.");
            series.Begin(target, stop, beginning);
            host.Programs.Refill();
            return series.Follow(stop);
        }
        catch (EmleakException problem) when (problem.IsOfOneProcess)
        {
            // It was over before it could be probed, or has no allocator: the next one may.
            host.Reporter.Warn(problem);
            host.Watch.Release(candidate.Pid);
            return null;
        }
        finally
        {
            target?.Dispose();
        }
    }
}
