using Emleak.BpfLoader;
using Emleak.Cli;
using Emleak.Launch;
using Emleak.Reporting;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>Starts a program and traces it from its first instruction on.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan Forever = TimeSpan.FromMilliseconds(int.MaxValue);

    public static ExitCode Run(RunRequest request, Reporter reporter)
    {
        TraceCommand.CheckPermitted();
        reporter.LeaveOutputToProgram();
        string path = ProgramFile.Find(request.Program);
        using StopSignals signals = new(takesIgnored: false);
        using TracingHost host = new(request.Options, name: null, reporter);
        using Launcher program = new(path, [request.Program, .. request.Arguments], request.AsRoot ? null : Identity.OfSudoCaller());
        using TargetProcess process = TargetProcess.Open(program.Pid);
        signals.ForwardTo(process);
        host.Watch.TryClaim(program.Pid);
        host.Watch.WatchFamily(program.Pid);
        if (!host.Watch.StartsWait) host.Watch.Held = StartHold.TryTake(program.Pid);
        host.TellWhatIsMissed();
        // The program is not to wait for what can be done before it begins.
        host.Programs.Await();
        program.Go();
        if (AwaitExecution(host, process) is ProcessEvent beginning) Trace(host, process, signals, beginning);
        ExitCode code = (ExitCode)program.WaitForExit();
        if (host.Watch.ReadFamily(except: program.Pid) is [_, ..] left) LeaveOrFollow(host, left, signals, request.FollowDaemon);
        return code;
    }

    // As daemons do: the program ends, and a child of its goes on.
    private static void LeaveOrFollow(TracingHost host, IReadOnlyList<int> left, StopSignals signals, bool follows)
    {
        const int Most = 10;
        string names = string.Join(", ", left.Take(Most).Select(pid => $"{pid} ({NameOf(pid)})")) + (left.Count > Most ? ", ..." : "");
        string what = left.Count == 1 ? "1 process that goes on" : $"{left.Count} processes that go on";
        host.Reporter.Warn($"the program has left {what}: {names}" + (follows ? "" : "; -p traces one, and --follow-daemon the first"));
        if (!follows) return;
        try
        {
            using TargetProcess daemon = TargetProcess.Open(left[0]);
            signals.ForwardTo(null);
            host.Watch.TryClaim(daemon.Pid);
            using TraceSeries series = new(host, name: null);
            series.Begin(daemon, signals);
            series.Follow(signals);
            series.WaitForFiles(signals);
        }
        catch (EmleakException problem)
        {
            host.Reporter.Warn(problem);
        }
    }

    private static string NameOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim();
        }
        catch (IOException)
        {
            return "?";
        }
    }

    // Null when the process has ended without having become the program.
    private static ProcessEvent? AwaitExecution(TracingHost host, TargetProcess process)
    {
        while (true)
        {
            while (host.Watch.TryTake(out ProcessEvent change))
            {
                if (change.Change == ProcessChange.Executed) return change;
                host.Watch.LetRun(change);
            }

            if (process.HasExited) return null;
            Libc.Poll([PollDescriptor.ForReading(host.Watch.Descriptor), PollDescriptor.ForReading(process.Descriptor)], Forever);
        }
    }

    private static void Trace(TracingHost host, TargetProcess process, StopSignals signals, in ProcessEvent beginning)
    {
        try
        {
            using TraceSeries series = new(host, name: null);
            series.TryBegin(process, signals, beginning);
            series.Follow(signals);
            // The exit code is the program's; what was not written has been reported.
            series.WaitForFiles(signals);
        }
        catch (Exception problem) when (problem is EmleakException or BpfException)
        {
            // The program goes on without us.
            host.Reporter.Warn(problem);
            host.Watch.Release(process.Pid);
        }
    }
}
