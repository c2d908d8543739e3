using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>
/// Traces one after the other: a program that executes another one in its place ends one trace and begins the next. The files
/// of one are written while the next one is recorded, since a process that begins is stopped until it is probed.
/// </summary>
internal sealed class TraceSeries : IDisposable
{
    // Where there are no descriptors of processes (below Linux 5.3), their end is looked for.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly TracingHost _host;
    private readonly string? _name;
    private readonly List<Task> _finishing = [];
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
    public void Begin(TargetProcess target, StopSignals stop, bool isBeginning = false)
    {
        _target = target;
        _current = TraceRun.Start(target, _host, stop, isBeginning);
    }

    /// <summary>
    /// Begins to trace a program. One that has nothing to be probed is told: it may be there only to execute another one, as scripts that
    /// start servers do, and <see cref="Follow"/> waits for that.
    /// </summary>
    public void TryBegin(TargetProcess target, StopSignals stop)
    {
        try
        {
            Begin(target, stop, isBeginning: true);
        }
        catch (EmleakException problem) when (problem.IsOfOneProcess || problem.ExitCode == ExitCode.FunctionNotFound)
        {
            Console.Error.WriteLine($"emleak: {problem.Message}");
        }
    }

    /// <summary>Traces the process that was begun with until it ends, runs a program that is not to be traced, or a signal comes.</summary>
    public TraceEnd Follow(StopSignals stop)
    {
        while (true)
        {
            TraceEnd end = _current is null ? AwaitExecution(stop) : _current.Record(stop);
            bool goesOn = end == TraceEnd.Executed && TakeExecution();
            TraceRun? ended = _current;
            _current = null;
            if (end == TraceEnd.Signal)
            {
                using (ended) ended?.Finish(stop);
                return end;
            }

            if (ended is not null) FinishLater(ended);
            if (!goesOn)
            {
                _host.Watch.Release(_target!.Pid);
                return end;
            }

            Reopen();
            if (_name is null) TryBegin(_target!, stop);
            else Begin(_target!, stop, isBeginning: true);
            if (_name is not null) _host.Programs.Refill();
        }
    }

    /// <summary>Waits until all files are written.</summary>
    public void Dispose()
    {
        _current?.Dispose();
        _reopened?.Dispose();
        Task.WaitAll(_finishing);
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

                _host.Watch.Continue((int)change.Pid);
            }

            if (_target!.HasExited) return TraceEnd.Exited;
            if (stop.TryTake(out int signal))
            {
                TraceRun.AnnounceSignal(signal);
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
        _finishing.RemoveAll(task => task.IsCompletedSuccessfully);
        _finishing.Add(OwnThread.Start(Finish));
        void Finish()
        {
            using (ended) ended.Finish(stop: null);
        }
    }

    // True when the program that the process executes is to be traced, too.
    private bool TakeExecution()
    {
        if (!_host.Watch.TryTake(out ProcessEvent change) || change.Change != ProcessChange.Executed) return false;
        return _name is null || change.IsMatch != 0;
    }
}
