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
        host.TellWhatIsMissed();
        using Launcher program = new(path, [request.Program, .. request.Arguments], request.AsRoot ? null : Identity.OfSudoCaller());
        using TargetProcess process = TargetProcess.Open(program.Pid);
        signals.ForwardTo(process);
        host.Watch.TryClaim(program.Pid);
        program.Go();
        if (AwaitExecution(host, process)) Trace(host, process, signals);
        return (ExitCode)program.WaitForExit();
    }

    // False when the process has ended without having become the program.
    private static bool AwaitExecution(TracingHost host, TargetProcess process)
    {
        while (true)
        {
            while (host.Watch.TryTake(out ProcessEvent change))
            {
                if (change.Change == ProcessChange.Executed) return true;
                host.Watch.Continue((int)change.Pid);
            }

            if (process.HasExited) return false;
            Libc.Poll([PollDescriptor.ForReading(host.Watch.Descriptor), PollDescriptor.ForReading(process.Descriptor)], Forever);
        }
    }

    private static void Trace(TracingHost host, TargetProcess process, StopSignals signals)
    {
        try
        {
            using TraceSeries series = new(host, name: null);
            series.TryBegin(process, signals);
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
