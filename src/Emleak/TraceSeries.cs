using Emleak.Output;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>
/// Traces one after the other: a program that executes another one in its place ends one trace and begins the next. The files
/// of one are written while the next one is recorded, since a program that begins waits until it is probed.
/// </summary>
internal sealed class TraceSeries : IDisposable
{
    // Where there are no descriptors of processes (below Linux 5.3), their end is looked for.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly TracingHost _host;
    private readonly string? _name;
    private readonly List<(TraceRun Run, Task Task)> _finishing = [];
    private readonly BriefPrograms _briefs = new();
    private bool _isWritten = true;
    private TraceRun? _current;
    private TargetProcess? _target;
    private TargetProcess? _reopened;

    /// <param name="host">What the traces share.</param>
    /// <param name="name">The only name under which a program is traced; null for every program.</param>
    public TraceSeries(TracingHost host, string? name)
    {
        _host = host;
        _name = name;
    }

    /// <summary>Begins to trace a process.</summary>
    /// <exception cref="EmleakException">It cannot be traced.</exception>
    public void Begin(TargetProcess target, StopSignals stop, ProcessEvent? beginning = null)
    {
        _target = target;
        _current = TraceRun.Start(target, _host, _briefs, stop, beginning);
    }

    /// <summary>
    /// Begins to trace a program. One that has nothing to be probed is told: it may be there only to execute another one, as scripts that
    /// start servers do, and <see cref="Follow"/> waits for that.
    /// </summary>
    public void TryBegin(TargetProcess target, StopSignals stop, in ProcessEvent beginning)
    {
        try
        {
            Begin(target, stop, beginning);
        }
        catch (EmleakException problem) when (problem.IsOfOneProcess || problem.ExitCode == ExitCode.FunctionNotFound)
        {
            _host.Reporter.Warn(problem);
        }
    }

    /// <summary>Traces the process that was begun with until it ends, runs a program that is not to be traced, or a signal comes.</summary>
    public TraceEnd Follow(StopSignals stop)
    {
        while (true)
        {
            TraceEnd end = _current is null ? AwaitExecution(stop) : _current.Record(stop);
            ProcessEvent execution = default;
            bool goesOn = end == TraceEnd.Executed && TakeExecution(out execution);
            TraceRun? ended = _current;
            _current = null;
            if (end == TraceEnd.Signal)
            {
                if (ended is not null) Finish(ended, stop);
                return end;
            }

            if (ended is not null) FinishLater(ended);
            if (!goesOn)
            {
                _host.Watch.Release(_target!.Pid);
                return end;
            }

            Reopen();
            if (_name is null) TryBegin(_target!, stop, execution);
            else Begin(_target!, stop, execution);
            if (_name is not null) _host.Programs.Refill();
        }
    }

    /// <summary>Waits until all files are written. A signal makes that shorter: nothing more is waited for but the disk.</summary>
    /// <returns>How it went: not well if a file is not where it belongs, which has been reported.</returns>
    public ExitCode WaitForFiles(StopSignals stop)
    {
        foreach ((_, Task task) in _finishing)
        {
            while (!task.Wait(LookAgain))
            {
                if (stop.TryTake(out int _)) HurryUp();
            }
        }

        // What is left to wait for are readers. The next signal ends that, or one that has just come.
        CancellationTokenSource impatience = new();
        impatience.Token.Register(_host.Reporter.StopWaiting);
        stop.Impatience = impatience;
        if (stop.TryTake(out int _)) impatience.Cancel();
        return _isWritten ? ExitCode.Success : ExitCode.OutputNotWritable;
    }

    public void Dispose()
    {
        _current?.Dispose();
        _reopened?.Dispose();
        foreach ((_, Task task) in _finishing) task.Wait();
        if (_briefs.Summary is string summary) _host.Reporter.Warn(summary);
        _briefs.Dispose();
    }

    private void HurryUp()
    {
        _host.Reporter.StopWaiting();
        foreach ((TraceRun run, Task task) in _finishing)
        {
            if (!task.IsCompleted) run.HurryUp();
        }
    }

    private TraceEnd AwaitExecution(StopSignals stop)
    {
        while (true)
        {
            while (_host.Watch.TryTake(out ProcessEvent change))
            {
                if (change.Change == ProcessChange.Executed)
                {
                    _host.Watch.PutBack(change);
                    return TraceEnd.Executed;
                }

                _host.Watch.LetRun(change);
            }

            if (_target!.HasExited) return TraceEnd.Exited;
            if (stop.TryTake(out int signal))
            {
                TraceRun.AnnounceSignal(_host.Reporter, signal);
                return TraceEnd.Signal;
            }

            Libc.Poll(
                [PollDescriptor.ForReading(_host.Watch.Descriptor), PollDescriptor.ForReading(_target.Descriptor), PollDescriptor.ForReading(stop.Descriptor)],
                Moment);
        }
    }

    // The same process: what is known of it is the last program's.
    private void Reopen()
    {
        ulong startTime = _target!.StartTime;
        int pid = _target.Pid;
        _reopened?.Dispose();
        _target = _reopened = TargetProcess.Open(pid, startTime);
    }

    private void FinishLater(TraceRun ended)
    {
        _finishing.RemoveAll(trace => trace.Task.IsCompleted);
        _finishing.Add((ended, OwnThread.Start(() => Finish(ended, stop: null))));
    }

    // Whatever happens to the files of one trace, others go on, and the traced programs do.
    private void Finish(TraceRun ended, StopSignals? stop)
    {
        try
        {
            using (ended)
            {
                if (!ended.Finish(stop)) _isWritten = false;
            }
        }
        catch (Exception problem)
        {
            _isWritten = false;
            _host.Reporter.Warn(Failures.Explain(problem));
        }
    }

    // True when the program that the process executes is to be traced, too.
    private bool TakeExecution(out ProcessEvent execution)
    {
        if (!_host.Watch.TryTake(out execution) || execution.Change != ProcessChange.Executed) return false;
        return _name is null || execution.IsMatch != 0;
    }
}
