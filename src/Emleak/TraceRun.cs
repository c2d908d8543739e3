using System.Diagnostics;
using Emleak.BpfLoader;
using Emleak.Lookup;
using Emleak.Output;
using Emleak.Recorder;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports.Text;
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

    private readonly TracingHost _host;
    private readonly TargetProcess _target;
    private readonly TracingSession _session;
    private readonly BriefPrograms _briefs;
    private readonly TraceRecorder _recorder;
    private readonly DebugFileServers _servers;
    private readonly CancellationTokenSource _impatience;
    private OutputFolder? _folder;
    private Moment? _last;
    private TraceEnding? _ending;
    private int? _exitStatus;
    private int? _signal;
    private bool _isBrief;
    private Counters _lost;
    private bool _hasChildren;
    private int _lateLibraries;

    private TraceRun(
        TracingHost host, TargetProcess target, TracingSession session, BriefPrograms briefs, DebugFileServers servers, CancellationTokenSource impatience)
    {
        _host = host;
        _target = target;
        _session = session;
        _briefs = briefs;
        _recorder = new TraceRecorder(target, session, host.Options);
        _servers = servers;
        _impatience = impatience;
    }

    /// <summary>Probes a process and makes its folder.</summary>
    /// <param name="target">The process.</param>
    /// <param name="host">What all traces share.</param>
    /// <param name="briefs">What is known of programs before.</param>
    /// <param name="stop">Ends the wait for a process that does not get on.</param>
    /// <param name="beginning">
    /// The event of a process that is about to execute its first instruction: it is let run when it is probed, and its libraries are waited for.
    /// </param>
    public static TraceRun Start(TargetProcess target, TracingHost host, BriefPrograms briefs, StopSignals stop, ProcessEvent? beginning = null)
    {
        CancellationTokenSource impatience = new();
        DebugFileServers? servers = null;
        TracingSession? session = null;
        try
        {
            servers = DebugFileServers.Open(host.Options.UseDebuginfod, host.Reporter, impatience.Token);
            session = TracingSession.Start(target, host, servers.Settings, isBeginning: beginning is not null);
            if (beginning is ProcessEvent begun) FirstLibraries.Probe(target, host, session, stop, begun);
            session.CloseCovers();
            foreach (string missing in session.CheckAllFound()) host.Reporter.Warn($"{missing}; it will be probed if a library brings it");
            if (session.Note is string note) host.Reporter.Warn(note);
            TraceRun run = new(host, target, session, briefs, servers, impatience);
            if (!briefs.ShareFile) run.MakeFolder();
            return run;
        }
        catch (Exception problem)
        {
            // First the process, then the probes: the kernel takes them out when nobody waits in them any more.
            if (beginning is ProcessEvent begun) host.Watch.LetRun(begun);
            session?.Dispose();
            servers?.Dispose();
            impatience.Dispose();
            if (problem is BpfException or EmleakException { ExitCode: ExitCode.FunctionNotFound } && EndsNow(target))
                throw new EmleakException(ExitCode.NoProcess, $"process {target.Pid} ended while it was being probed", problem) { IsOfOneProcess = true };
            throw;
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
        Stopwatch clock = Stopwatch.StartNew();
        TraceEnd end = RecordUntilEnd(stop);
        _isBrief = end == TraceEnd.Executed && clock.Elapsed < BriefPrograms.Limit;
        _briefs.Note(_isBrief, _folder);
        bool isOfThePast = end == TraceEnd.Executed;
        _session.Stacks.IsOfThePast = isOfThePast;
        if (isOfThePast) _recorder.Note(TraceEventKinds.Executed, TraceHeader.ExecutableOf(_target.Pid));
        _last = _recorder.Take(isOfThePast);
        _ending = Ending(end, _last.Time);
        // Once the probes are taken out, one by one, releases are missed that do not concern the snapshot.
        _lost = _session.ReadCounters();
        // The probes go on in the new program until they are taken out, which is later: the kernel waits for who waits for us.
        if (end == TraceEnd.Executed) _session.Rest();
        return end;
    }

    /// <summary>Writes the files. May take long: the process, or its successor, runs on meanwhile.</summary>
    /// <param name="stop">A signal makes it hurry; null when it is not waited for.</param>
    /// <returns>False when a file could not be written where it belongs, which has been reported.</returns>
    public bool Finish(StopSignals? stop)
    {
        bool hasFolder = !_isBrief || _folder is not null;
        if (hasFolder) MakeFolder();
        _folder?.AppendRow(_last!);
        NameStacks(_last!.Live, stop);
        Loss[] losses = [.. Losses.Of(_lost, _session.ReadEndings(), _lateLibraries, _session.RefusedCode)];
        Recording recording = _recorder.Finish(_last.Live, _ending!, losses);
        if (!hasFolder)
        {
            _briefs.Add($"process {_target.Pid}", output => new FoldedReport().Write(recording, output), isEmpty: _last.Live.Count == 0);
            return true;
        }

        OutputFolder folder = MakeFolder();
        bool isWritten = folder.WriteFinal(recording);
        foreach (string missing in _session.DescribeMissing()) _host.Reporter.Warn(missing);
        _host.Reporter.Report($"untouch ok pid = {_target.Pid}.");
        if (isWritten) AnnounceFiles(_host.Reporter, folder.FileList);
        if (_session.Silence() is string silence) _host.Reporter.Warn(silence);
        foreach (Loss loss in recording.Losses) _host.Reporter.Warn(loss.Detail ?? loss.Code);
        return isWritten;
    }

    /// <summary>Ends the asking of servers and all other waiting of <see cref="Finish"/>.</summary>
    public void HurryUp() => _impatience.Cancel();

    // Debug information is read when the process has been left alone again: that may take a while.
    private void NameStacks(IReadOnlyList<LiveStack> live, StopSignals? stop)
    {
        // When it is a signal that has ended the trace, a thread may just wait for us.
        if (stop is not null) _host.Watch.Release(_target.Pid);
        _session.Detach();
        if (stop is not null) (stop.Impatience, _servers.Patience) = (_impatience, PatienceAfterSignal);
        _session.Stacks.AddSources(live.Select(stack => stack.Stack.Id));
        if (stop is not null) stop.Impatience = null;
        _servers.TellProblems();
    }

    public void Dispose()
    {
        _folder?.Dispose();
        _session.Dispose();
        _servers.Dispose();
        _impatience.Dispose();
    }

    // The kernel refuses to probe a process that ends a moment before it has ended.
    private static bool EndsNow(TargetProcess target) => SpinWait.SpinUntil(() => target.HasExited, Departure);

    private OutputFolder MakeFolder()
    {
        if (_folder is not null) return _folder;
        if (_host.Options.Filter.Selects) _host.Reporter.Warn(_host.Options.Filter.ToString());
        _folder = OutputFolder.Create(_target.Pid, DateTimeOffset.UtcNow, _host.Reporter);
        _folder.BeginRecording(_recorder.Now);
        _host.Reporter.Report($"Loaded successfully, pid = {_target.Pid}...");
        _host.Reporter.Report("Folder created.");
        _host.Reporter.Report($"outfiles in dir: {_folder.Name}.");
        return _folder;
    }

    private TraceEnd RecordUntilEnd(StopSignals stop)
    {
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan nextTick = Tick;
        TimeSpan nextRow = _host.Options.Interval;
        while (true)
        {
            // What has happened already first: a thread may wait.
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
                _signal = signal;
                return TraceEnd.Signal;
            }

            if (sources[1].IsReady) return TakeProcessEvents() ?? TraceEnd.Exited;
            if (sources[2].IsReady) _session.DrainMappingChanges();
            if (clock.Elapsed < nextTick) continue;
            nextTick += Tick;
            MakeFolder();

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
                    ProbeLoadedModules(change);
                    break;
                case ProcessChange.Ended:
                    _exitStatus = change.ExitCode;
                    if (Death.Describe(_target.Pid, change.ExitCode, _session.Probes) is string death) _host.Reporter.Warn(death);
                    break;
                case ProcessChange.Forked:
                    _hasChildren = true;
                    _recorder.NoteChild();
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

    private void ProbeLoadedModules(in ProcessEvent change)
    {
        int probed = 0;
        bool isInTime = false;
        try
        {
            probed = ProbeNewModules();
            // Even a library that has nothing to probe is on the stacks of what its constructors allocate.
            _session.DescribeNewCode();
        }
        finally
        {
            isInTime = _host.Watch.LetRun(change);
        }

        _session.CloseCovers();
        if (!isInTime) _lateLibraries += probed;
    }

    private int ProbeNewModules()
    {
        try
        {
            return _session.ProbeNewModules();
        }
        catch (Exception problem) when (problem is BpfException or EmleakException && EndsNow(_target))
        {
            // It has ended in this very moment, which is noticed by itself: what was recorded is to be written.
            return 0;
        }
    }

    private void LookAfterProcess()
    {
        ProbeNewModules();
        _session.DescribeNewCode();
        _session.CloseCovers();
        FollowThreads();
        _recorder.NoteModules();
        if (_hasChildren) _session.FreeChildren();
        _hasChildren = false;
    }

    private void FollowThreads()
    {
        if (_session.FollowThreads()) _host.Reporter.Warn("the thread that the probes belonged to has left; they were moved to another one, and missed what happened meanwhile");
    }

    private void WriteRow()
    {
        Moment now = _recorder.Take();
        int most = _host.Reporter.IsOutputTerminal && !_host.Options.ShowAllStacks ? MostStacksOnTerminal : int.MaxValue;
        _host.Reporter.Offer(output => StackReport.Write(output, now.Recording, now.Live, most));
        _folder?.Record(now);
        _folder?.AppendRow(now);
    }

    private TraceEnding Ending(TraceEnd end, DateTimeOffset time)
    {
        // wait(2): the signal in the lowest bits, the code above.
        const int SignalBits = 0x7f, CodeShift = 8, CodeBits = 0xff;
        return (end, _exitStatus) switch
        {
            (TraceEnd.Signal, _) => new TraceEnding(time, "signal", Signal: _signal),
            (TraceEnd.Executed, _) => new TraceEnding(time, "executed"),
            (_, int status) when (status & SignalBits) != 0 => new TraceEnding(time, "killed", Signal: status & SignalBits),
            (_, int status) => new TraceEnding(time, "exited", ExitCode: (status >> CodeShift) & CodeBits),
            _ => new TraceEnding(time, "exited"),
        };
    }
}
