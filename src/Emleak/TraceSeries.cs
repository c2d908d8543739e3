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
    private readonly TracingHost _host;
    private readonly string? _name;
    private readonly List<Task> _finishing = [];
    private TraceRun? _current;
    private TargetProcess? _reopened;
    private int _pid;

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
        _pid = target.Pid;
        _current = TraceRun.Start(target, _host, stop, isBeginning);
    }

    /// <summary>Traces the process that was begun with until it ends, runs a program that is not to be traced, or a signal comes.</summary>
    public TraceEnd Follow(StopSignals stop)
    {
        while (true)
        {
            TraceEnd end = _current!.Record(stop);
            bool goesOn = end == TraceEnd.Executed && TakeExecution();
            TraceRun ended = _current;
            _current = null;
            if (end == TraceEnd.Signal)
            {
                using (ended) ended.Finish(stop);
                return end;
            }

            FinishLater(ended);
            if (!goesOn)
            {
                _host.Watch.Release(_pid);
                return end;
            }

            _reopened?.Dispose();
            _reopened = TargetProcess.Open(_pid);
            Begin(_reopened, stop, isBeginning: true);
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

    private void FinishLater(TraceRun ended)
    {
        _finishing.RemoveAll(task => task.IsCompletedSuccessfully);
        // A thread of its own: it waits for the kernel most of the time, and those of the pool are few.
        _finishing.Add(Task.Factory.StartNew(Finish, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
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
