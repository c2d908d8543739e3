using System.Diagnostics;
using Emleak.Analysis;
using Emleak.Cli;
using Emleak.Lookup;
using Emleak.Output;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>One trace of one process, from the probes to the files.</summary>
internal sealed class TraceRun : IDisposable
{
    // The original's clock. Libraries and stacks that are new are looked up this often, whatever the interval.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly TargetProcess _target;
    private readonly TimeSpan _interval;
    private readonly TracingSession _session;
    private readonly OutputFolder _folder;
    private readonly OutputNames _names;
    private readonly DebugFileServers _servers;
    private readonly CancellationTokenSource _impatience;
    private readonly History _history = new();

    private TraceRun(
        TargetProcess target, TracingOptions options, TracingSession session, OutputFolder folder, DebugFileServers servers, CancellationTokenSource impatience)
    {
        _target = target;
        _interval = options.Interval;
        _session = session;
        _folder = folder;
        _names = OutputNames.For(options.Names);
        _servers = servers;
        _impatience = impatience;
    }

    /// <summary>Probes a process and makes its folder.</summary>
    /// <param name="target">The process.</param>
    /// <param name="options">What to look for in it, and how often to write.</param>
    /// <param name="isBeginning">True for a process that has just begun: its C library is waited for.</param>
    public static TraceRun Start(TargetProcess target, TracingOptions options, bool isBeginning = false)
    {
        CancellationTokenSource impatience = new();
        DebugFileServers? servers = null;
        TracingSession? session = null;
        try
        {
            servers = DebugFileServers.Open(options.UseDebuginfod, impatience.Token);
            session = TracingSession.Start(target, options, servers.Settings);
            if (isBeginning) WaitForAllocator(target, session);
            session.CheckAllFound();
            if (session.Note is string note) Console.Error.WriteLine($"emleak: {note}");
            OutputFolder folder = Announce(target, options.Selection);
            return new TraceRun(target, options, session, folder, servers, impatience);
        }
        catch
        {
            session?.Dispose();
            servers?.Dispose();
            impatience.Dispose();
            throw;
        }
    }

    public static void AnnounceSignal(int signal) => Console.Out.WriteLine($"start process emleak_signal. sig = {signal}.");

    public static void AnnounceFiles(string files) =>
        Console.Out.WriteLine($"Exporting call stack data successfully. outfile[{files}]");

    /// <summary>Records until the process ends or a signal comes, and writes the files. True when it was a signal.</summary>
    public bool RunUntilEnd(StopSignals stop)
    {
        bool stopped = Record(stop);
        Snapshot last = _session.TakeSnapshot(DateTimeOffset.UtcNow);
        // Once the probes are taken out, one by one, releases are missed that do not concern the snapshot.
        Counters lost = _session.ReadCounters();
        _history.Add(last);
        NameStacks(last, stop);
        _folder.WriteFinal(last, _history, _session.Stacks, _names);
        Console.Out.WriteLine($"untouch ok pid = {_target.Pid}.");
        AnnounceFiles(_folder.FileList);
        foreach (string loss in LossReport.Of(lost, _session.ReadEndings()))
        {
            Console.Error.WriteLine($"emleak: {loss}");
        }

        return stopped;
    }

    // Debug information is read when the process has been left alone again: that may take a while.
    private void NameStacks(Snapshot last, StopSignals stop)
    {
        _session.Detach();
        stop.Impatience = _impatience;
        _session.Stacks.AddSources(last.Stacks.Select(stack => stack.Id));
        stop.Impatience = null;
        _servers.TellProblems();
    }

    public void Dispose()
    {
        _session.Dispose();
        _servers.Dispose();
        _impatience.Dispose();
    }

    private static void WaitForAllocator(TargetProcess target, TracingSession session)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(1);
        while (session.ProbeCount == 0)
        {
            if (target.HasExited) throw new EmleakException(ExitCode.NoProcess, $"process {target.Pid} ended before an allocator was found in it");
            Thread.Sleep(pause);
            session.ProbeNewModules();
        }
    }

    private static OutputFolder Announce(TargetProcess target, Selection selection)
    {
        if (selection.Selects) Console.Error.WriteLine($"emleak: {selection}");
        OutputFolder folder = OutputFolder.Create(target.Pid, DateTimeOffset.UtcNow);
        Console.Out.WriteLine($"Loaded successfully, pid = {target.Pid}...");
        Console.Out.WriteLine("Folder created.");
        Console.Out.WriteLine($"outfiles in dir: {folder.Name}.");
        return folder;
    }

    private bool Record(StopSignals stop)
    {
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan nextTick = Tick;
        TimeSpan nextRow = _interval;
        while (true)
        {
            Span<PollDescriptor> sources =
            [
                PollDescriptor.ForReading(stop.Descriptor),
                PollDescriptor.ForReading(_target.Descriptor),
                PollDescriptor.ForReading(_session.Descriptor),
            ];
            Libc.Poll(sources, nextTick - clock.Elapsed);
            if (stop.TryTake(out int signal))
            {
                AnnounceSignal(signal);
                return true;
            }

            if (sources[1].IsReady) return false;
            if (sources[2].IsReady) _session.DrainMappingChanges();
            if (clock.Elapsed < nextTick) continue;
            nextTick += Tick;

            // Without a process descriptor (kernels below 5.3) this is how the end is noticed.
            if (_target.HasExited) return false;
            _session.ProbeNewModules();
            if (clock.Elapsed < nextRow)
            {
                _session.LearnNewStacks();
                continue;
            }

            nextRow += _interval;
            WriteRow();
        }
    }

    private void WriteRow()
    {
        Snapshot snapshot = _session.TakeSnapshot(DateTimeOffset.UtcNow);
        Console.Out.Write(StackText.Of(snapshot, _session.Stacks, _names.Original));
        if (_history.Add(snapshot) is HistoryRow row) _folder.AppendStatistics(row);
    }
}
