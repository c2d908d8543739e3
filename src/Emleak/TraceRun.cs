using System.Diagnostics;
using Emleak.Analysis;
using Emleak.BpfLoader;
using Emleak.Lookup;
using Emleak.Output;
using Emleak.Reporting;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>One trace of one process, from the probes to the files.</summary>
internal sealed class TraceRun : IDisposable
{
    // The original's clock. Libraries and stacks that are new are looked up this often, whatever the interval.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private const int MostStacksOnTerminal = 10;
    private static readonly TimeSpan Departure = TimeSpan.FromMilliseconds(20);
    // Who stops a service kills it when it takes too long.
    private static readonly TimeSpan PatienceAfterSignal = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LoaderPatience = TimeSpan.FromSeconds(10);

    private readonly TracingHost _host;
    private readonly TargetProcess _target;
    private readonly TracingSession _session;
    private readonly OutputFolder _folder;
    private readonly OutputNames _names;
    private readonly DebugFileServers _servers;
    private readonly CancellationTokenSource _impatience;
    private readonly History _history = new();
    private Snapshot? _last;
    private Counters _lost;
    private bool _hasChildren;

    private TraceRun(
        TracingHost host, TargetProcess target, TracingSession session, OutputFolder folder, DebugFileServers servers, CancellationTokenSource impatience)
    {
        _host = host;
        _target = target;
        _session = session;
        _folder = folder;
        _names = OutputNames.For(host.Options.Names);
        _servers = servers;
        _impatience = impatience;
    }

    /// <summary>Probes a process and makes its folder. If the process was stopped by us, it is continued.</summary>
    /// <param name="target">The process.</param>
    /// <param name="host">What all traces share.</param>
    /// <param name="stop">Ends the wait for a process that does not get on.</param>
    /// <param name="isBeginning">True for a process that is about to execute its first instruction: its libraries are waited for.</param>
    public static TraceRun Start(TargetProcess target, TracingHost host, StopSignals stop, bool isBeginning = false)
    {
        CancellationTokenSource impatience = new();
        DebugFileServers? servers = null;
        TracingSession? session = null;
        try
        {
            servers = DebugFileServers.Open(host.Options.UseDebuginfod, host.Reporter, impatience.Token);
            session = TracingSession.Start(target, host, servers.Settings);
            if (isBeginning) AwaitLibraries(target, host, session, stop);
            session.CheckAllFound();
            if (session.Note is string note) host.Reporter.Warn(note);
            OutputFolder folder = Announce(target, host);
            return new TraceRun(host, target, session, folder, servers, impatience);
        }
        catch
        {
            session?.Dispose();
            servers?.Dispose();
            impatience.Dispose();
            throw;
        }
        finally
        {
            host.Watch.Continue(target.Pid);
        }
    }

    /// <summary>Says that a signal has ended the trace. Readers that do not read keep nothing from ending any more.</summary>
    public static void AnnounceSignal(Reporter reporter, int signal)
    {
        reporter.Report($"start process emleak_signal. sig = {signal}.");
        reporter.Hurry();
    }

    public static void AnnounceFiles(Reporter reporter, string files) =>
        reporter.Report($"Exporting call stack data successfully. outfile[{files}]");

    /// <summary>Records until there is a reason to end, and takes what is outstanding then.</summary>
    public TraceEnd Record(StopSignals stop)
    {
        TraceEnd end = RecordUntilEnd(stop);
        _session.Stacks.IsOfThePast = end == TraceEnd.Executed;
        _last = _session.TakeSnapshot(DateTimeOffset.UtcNow);
        // Once the probes are taken out, one by one, releases are missed that do not concern the snapshot.
        _lost = _session.ReadCounters();
        // The probes would go on in the new program.
        if (end == TraceEnd.Executed) _session.Detach();
        return end;
    }

    /// <summary>Writes the files. May take long: the process, or its successor, runs on meanwhile.</summary>
    /// <param name="stop">A signal makes it hurry; null when it is not waited for.</param>
    /// <returns>False when a file could not be written where it belongs, which has been reported.</returns>
    public bool Finish(StopSignals? stop)
    {
        AddRow(_last!);
        NameStacks(_last!, stop);
        bool isWritten = _folder.WriteFinal(_last!, _history, PathsOf(_last!), _names);
        _host.Reporter.Report($"untouch ok pid = {_target.Pid}.");
        if (isWritten) AnnounceFiles(_host.Reporter, _folder.FileList);
        if (_session.Silence() is string silence) _host.Reporter.Warn(silence);
        foreach (string loss in LossReport.Of(_lost, _session.ReadEndings())) _host.Reporter.Warn(loss);
        return isWritten;
    }

    /// <summary>Ends the asking of servers and all other waiting of <see cref="Finish"/>.</summary>
    public void HurryUp() => _impatience.Cancel();

    // Debug information is read when the process has been left alone again: that may take a while.
    private void NameStacks(Snapshot last, StopSignals? stop)
    {
        _session.Detach();
        // When it is a signal that has ended the trace, the process may just have been stopped.
        if (stop is not null) _host.Watch.Release(_target.Pid);
        if (stop is not null) (stop.Impatience, _servers.Patience) = (_impatience, PatienceAfterSignal);
        _session.Stacks.AddSources(last.Stacks.Select(stack => stack.Id));
        if (stop is not null) stop.Impatience = null;
        _servers.TellProblems();
    }

    public void Dispose()
    {
        _folder.Dispose();
        _session.Dispose();
        _servers.Dispose();
        _impatience.Dispose();
    }

    // Lets a program that waits at its first instruction go on until its loader has mapped what it needs, and probes that.
    private static void AwaitLibraries(TargetProcess target, TracingHost host, TracingSession session, StopSignals stop)
    {
        Stopwatch clock = Stopwatch.StartNew();
        bool isLoaded = !session.IsBeforeLoader;
        bool isWaiting = !isLoaded && session.IsLoaderProbed;
        while (isWaiting && clock.Elapsed < LoaderPatience && !target.HasExited)
        {
            host.Watch.Continue(target.Pid);
            Span<PollDescriptor> sources =
                [PollDescriptor.ForReading(host.Watch.Descriptor), PollDescriptor.ForReading(target.Descriptor), PollDescriptor.ForReading(stop.Descriptor)];
            Libc.Poll(sources, LoaderPatience - clock.Elapsed);
            if (sources[2].IsReady) break;
            while (isWaiting && host.Watch.TryTake(out ProcessEvent change))
            {
                if (change.Pid == target.Pid && change.Change != ProcessChange.Loaded) continue;
                if (change.Pid != target.Pid) host.Watch.PutBack(change);
                isLoaded = change.Pid == target.Pid;
                isWaiting = false;
            }
        }

        session.ProbeNewModules();
        if (session.ProbeCount > 0 || isLoaded) return;
        host.Watch.Continue(target.Pid);
        WaitForAllocator(target, session);
    }

    // For a process that could not be stopped in time.
    private static void WaitForAllocator(TargetProcess target, TracingSession session)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(1);
        Stopwatch clock = Stopwatch.StartNew();
        while (session.ProbeCount == 0 && clock.Elapsed < LoaderPatience)
        {
            if (target.HasExited) throw new EmleakException(ExitCode.NoProcess, $"process {target.Pid} ended before an allocator was found in it") { IsOfOneProcess = true };
            Thread.Sleep(pause);
            session.ProbeNewModules();
        }
    }

    private static OutputFolder Announce(TargetProcess target, TracingHost host)
    {
        if (host.Options.Selection.Selects) host.Reporter.Warn(host.Options.Selection.ToString());
        OutputFolder folder = OutputFolder.Create(target.Pid, DateTimeOffset.UtcNow, host.Reporter);
        host.Reporter.Report($"Loaded successfully, pid = {target.Pid}...");
        host.Reporter.Report("Folder created.");
        host.Reporter.Report($"outfiles in dir: {folder.Name}.");
        return folder;
    }

    private TraceEnd RecordUntilEnd(StopSignals stop)
    {
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan nextTick = Tick;
        TimeSpan nextRow = _host.Options.Interval;
        while (true)
        {
            // What has happened already first: a process may have been stopped.
            if (TakeProcessEvents() is TraceEnd end) return end;
            Span<PollDescriptor> sources =
            [
                PollDescriptor.ForReading(stop.Descriptor),
                PollDescriptor.ForReading(_target.Descriptor),
                PollDescriptor.ForReading(_session.Descriptor),
                PollDescriptor.ForReading(_host.Watch.Descriptor),
            ];
            Libc.Poll(sources, nextTick - clock.Elapsed);
            if (stop.TryTake(out int signal))
            {
                AnnounceSignal(_host.Reporter, signal);
                return TraceEnd.Signal;
            }

            if (sources[1].IsReady) return TraceEnd.Exited;
            if (sources[2].IsReady) _session.DrainMappingChanges();
            if (clock.Elapsed < nextTick) continue;
            nextTick += Tick;

            // Without a process descriptor (kernels below 5.3) this is how the end is noticed.
            if (_target.HasExited) return TraceEnd.Exited;
            LookAfterProcess();
            if (clock.Elapsed < nextRow)
            {
                _session.LearnNewStacks();
                continue;
            }

            nextRow += _host.Options.Interval;
            WriteRow();
        }
    }

    private TraceEnd? TakeProcessEvents()
    {
        while (_host.Watch.TryTake(out ProcessEvent change))
        {
            if (change.Pid != _target.Pid)
            {
                // Only when nobody is traced any more another process can become the traced one. Anything else is of one that was.
                if (change.Change != ProcessChange.Executed) continue;
                _host.Watch.PutBack(change);
                return TraceEnd.Exited;
            }

            switch (change.Change)
            {
                case ProcessChange.Executed:
                    _host.Watch.PutBack(change);
                    return TraceEnd.Executed;
                case ProcessChange.Loaded:
                    ProbeLoadedModules();
                    break;
                case ProcessChange.Forked:
                    _hasChildren = true;
                    break;
                case ProcessChange.Leaderless:
                    // It is about to leave.
                    SpinWait.SpinUntil(() => _session.HasLostProbes || _target.HasExited, Departure);
                    FollowThreads();
                    break;
            }
        }

        return null;
    }

    private void ProbeLoadedModules()
    {
        try
        {
            ProbeNewModules();
        }
        finally
        {
            _host.Watch.Continue(_target.Pid);
        }
    }

    private void ProbeNewModules()
    {
        try
        {
            _session.ProbeNewModules();
        }
        catch (Exception problem) when (problem is BpfException or EmleakException && _target.HasExited)
        {
            // It has ended in this very moment, which is noticed by itself: what was recorded is to be written.
        }
    }

    private void LookAfterProcess()
    {
        ProbeNewModules();
        FollowThreads();
        if (_hasChildren) _session.FreeChildren();
        _hasChildren = false;
    }

    private void FollowThreads()
    {
        if (_session.FollowThreads()) _host.Reporter.Warn("the thread that the probes belonged to has left; they were moved to another one, and missed what happened meanwhile");
    }

    private void WriteRow()
    {
        Snapshot snapshot = _session.TakeSnapshot(DateTimeOffset.UtcNow);
        bool isShort = _host.Reporter.IsOutputTerminal && !_host.Options.ShowAllStacks;
        IReadOnlyDictionary<int, NamedStack> paths = PathsOf(snapshot);
        _host.Reporter.Offer(output => StackText.Write(output, snapshot, isShort ? MostStacksOnTerminal : int.MaxValue, paths, _names.Original));
        AddRow(snapshot);
    }

    private void AddRow(Snapshot snapshot)
    {
        if (_history.Add(snapshot) is HistoryRow row) _folder.AppendStatistics(row);
    }

    // As they are named now; they are written on other threads.
    private Dictionary<int, NamedStack> PathsOf(Snapshot snapshot) => snapshot.Stacks.ToDictionary(stack => stack.Id, stack => _session.Stacks[stack.Id]);
}
