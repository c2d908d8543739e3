using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.Probes;
using Emleak.Recordings.Model;
using Emleak.Symbols;
using Emleak.Symbols.Process;
using Emleak.Target;
using Emleak.Tracing.Records;
using Emleak.Tracing.Unwinding;

namespace Emleak.Tracing;

/// <summary>The BPF programs at work on one process, and what they know.</summary>
internal sealed class TracingSession : IDisposable
{
    // Functions of a file that are named when none was called.
    private const int MostNamed = 4;

    // From a record's time to its place in a buffer, even if the thread is preempted in between.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    private readonly TracingPrograms _tracing;
    private readonly BpfCollection _programs;
    private readonly Symbolizer _symbolizer;
    private readonly ProbePlanner _planner;
    private readonly ProbeAttacher _attacher;
    private readonly BreakpointSweep _sweep;
    private readonly List<Probe> _probes = [];
    private readonly List<BpfLink> _links = [];
    private readonly HashSet<ProcessModule> _copied = [];
    private readonly TracingHost _host;
    private readonly TargetProcess _target;
    private readonly AllocationFilter _filter;
    private readonly KernelEvents<MappingEvent> _mappingChanges;
    private readonly MappingLedger _mappings = new(Environment.SystemPageSize);
    private readonly TotalsTable _totals;
    private readonly ProcessUnwinding? _unwinding;
    private readonly AllocatorRanges _ranges;
    private bool _hasMappingChanges;

    private TracingSession(TracingHost host, TargetProcess target, ProbePlanner planner, ProbeAttacher attacher, TracingPrograms programs, Symbolizer symbolizer,
        ProcessUnwinding? unwinding)
    {
        _host = host;
        _target = target;
        _filter = host.Options.Filter;
        _planner = planner;
        _attacher = attacher;
        _tracing = programs;
        _programs = programs.Loaded;
        _sweep = attacher.MakeSweep(_programs);
        _symbolizer = symbolizer;
        _mappingChanges = new KernelEvents<MappingEvent>(_programs.Maps["mapping_changes"], change => change.Time);
        _totals = new TotalsTable(_programs);
        _unwinding = unwinding;
        _ranges = new AllocatorRanges(_programs);
        Stacks = new StackTable(_programs, symbolizer);
    }

    /// <summary>The call paths seen so far.</summary>
    public StackTable Stacks { get; }

    /// <summary>Readable when the mapping events should be drained before they fill their buffer.</summary>
    public int Descriptor => _mappingChanges.Descriptor;

    /// <summary>What is probed.</summary>
    public IReadOnlyCollection<Probe> Probes => _probes;

    /// <summary>The files that the process has mapped, or had.</summary>
    public IReadOnlyList<ProcessModule> Modules => _symbolizer.Modules;

    /// <summary>How many functions are probed.</summary>
    public int ProbeCount => _probes.Count;

    /// <summary>Probes the process. What the process has mapped later is probed by <see cref="ProbeNewModules"/>.</summary>
    /// <exception cref="EmleakException">The process has ended.</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <param name="target">The process.</param>
    /// <param name="host">What all traces share.</param>
    /// <param name="settings">How names are found.</param>
    /// <param name="isBeginning">True for a program that has not run yet: its memory is new, and the only breakpoints in it are ours.</param>
    public static TracingSession Start(TargetProcess target, TracingHost host, SymbolizerSettings settings, bool isBeginning)
    {
        AttachMethod method = ProbeAttacher.Choose(target.LiveThread == target.Pid);
        ProbePlanner planner = new(host.Options);
        // The kernel may still verify the programs while the modules are read here, and what the programs look up is written.
        ProgramLoading loading = host.Programs.Take(method);
        Symbolizer? symbolizer = null;
        ProcessUnwinding? unwinding = null;
        TracingSession? session = null;
        try
        {
            symbolizer = TargetModules.Open(target.Pid, settings with { ManagedNamesWitness = host.Guard });
            IReadOnlyList<Probe> probes = planner.PlanNew(symbolizer.Modules);
            // Beside the waits of the next line. Nobody waits for the first one: unless the kernel opens no perf event before that one is
            // closed, and closing it waits for a program that waits for us (event_mutex around synchronize_rcu_tasks_trace).
            if (!isBeginning || method is AttachMethod.Sessions or AttachMethod.Links) _ = OwnThread.Start(UprobeWarmUp.Run);
            Task<IReadOnlyList<SweptSite>> left = isBeginning
                ? Task.FromResult<IReadOnlyList<SweptSite>>([])
                : OwnThread.Start(() => LeftBreakpoints.Find(target.Pid, symbolizer.Modules));
            unwinding = Describe(symbolizer, loading);
            TracingPrograms programs = loading.WaitForPrograms();
            session = new TracingSession(host, target, planner, new ProbeAttacher(target, method), programs, symbolizer, unwinding);
            programs.Aim(target);
            session.Sweep(left.GetAwaiter().GetResult());
            session._ranges.Update(probes);
            session.Attach(probes);
            session.ProbeLoader();
            session.WarnOfCopies();
            programs.Blocks.Grow(host.Reporter);
            return session;
        }
        catch
        {
            if (session is not null) session.Dispose();
            else Abandon(symbolizer, unwinding, loading);
            throw;
        }
    }

    /// <summary>True for a program whose loader has mapped no libraries when it was looked at first.</summary>
    public bool IsBeforeLoader { get; private set; }

    /// <summary>True when the loader tells what it maps.</summary>
    public bool IsLoaderProbed { get; private set; }

    /// <summary>Probes the allocator functions of modules that came since the last time: a thread may wait for that.</summary>
    /// <returns>In how many modules there was something to probe.</returns>
    public int ProbeNewModules()
    {
        _symbolizer.Refresh();
        // Before a library runs where another one was: else what it allocates would be the other one's.
        if (_symbolizer.Code.Any(mapping => mapping.Incarnation > 0)) _unwinding?.Update(_symbolizer);
        _attacher.TellAddresses(_programs, _probes);
        IReadOnlyList<Probe> probes = _planner.PlanNew(_symbolizer.Modules);
        _ranges.Update([.. _probes, .. probes]);
        foreach (string uncovered in _planner.TakeUncovered()) _host.Reporter.Warn(uncovered);
        Attach(probes);
        return probes.Select(probe => probe.Path).Distinct(StringComparer.Ordinal).Count();
    }

    /// <summary>Gives the programs the unwind tables of modules that came since the last time.</summary>
    public void DescribeNewCode()
    {
        _unwinding?.Update(_symbolizer);
        _programs.WriteVariable("looks_for_code", (byte)0);
        WarnOfCopies();
    }

    /// <summary>Something that the user must know of the program to read the results right, or null.</summary>
    public string? Note => ProgramNature.Note(_symbolizer.Modules);

    /// <summary>What the user named and the process does not have yet; it is probed when a library brings it.</summary>
    /// <exception cref="EmleakException">There is no allocator in the process, or not the file or function that the user named, and it loads no libraries.</exception>
    public IReadOnlyList<string> CheckAllFound()
    {
        _planner.CheckCovered();
        string[] missing = [.. _planner.DescribeMissing(_symbolizer.Modules)];
        if (missing.Length > 0 && !IsLoaderProbed) throw new EmleakException(ExitCode.FunctionNotFound, missing[0]);
        foreach (string uncovered in _planner.TakeUncovered()) _host.Reporter.Warn(uncovered);
        if (missing.Length == 0 && _probes.Count == 0) throw ProgramNature.WhyNothing(_target.Pid, _symbolizer.Modules);
        return missing;
    }

    /// <summary>What the user named and the process has not had until now.</summary>
    public IEnumerable<string> DescribeMissing() => _planner.DescribeMissing(_symbolizer.Modules);

    /// <summary>True when the thread that the probes belong to has left while others go on.</summary>
    public bool HasLostProbes => _attacher.HasLostOpener;

    /// <summary>Probes the process again if its probes have ended with the thread that they belong to. True when they had.</summary>
    public bool FollowThreads()
    {
        if (!HasLostProbes) return false;
        Detach();
        Probe[] again = [.. _probes];
        _probes.Clear();
        try
        {
            Attach(again);
            ProbeLoader();
            return true;
        }
        catch (Exception problem) when (problem is BpfException or EmleakException { ExitCode: ExitCode.NoProcess })
        {
            // The thread that was chosen is leaving, too: another one next time. Or it was the last, which is noticed by itself.
            if (_probes.Count == 0) _probes.AddRange(again);
            return false;
        }
    }

    /// <summary>Ends the care for probes that are attached by now, when nobody waits for them any more.</summary>
    public void CloseCovers()
    {
        IReadOnlyList<BpfLinks> covers = _sweep.TakeCovers();
        if (covers.Count == 0) return;
        _ = OwnThread.Start(() =>
        {
            foreach (BpfLinks cover in covers) cover.Dispose();
        });
    }

    /// <summary>Frees children of the process from breakpoints that they have inherited.</summary>
    public void FreeChildren()
    {
        if (_attacher.ChildrenKeepBreakpoints) _ = OwnThread.Start(_sweep.OverAll().Dispose);
    }

    /// <summary>Takes in what happened to the process's mappings.</summary>
    public void DrainMappingChanges()
    {
        bool hasNewCode = false;
        foreach (MappingEvent change in _mappingChanges.Read(Settling))
        {
            _hasMappingChanges |= change.Change != MappingChange.Unknown;
            if (change.Change == MappingChange.Unknown) hasNewCode = true;
            else if (change.Change == MappingChange.StacksWait) continue;
            else _mappings.Apply(change);
        }

        if (hasNewCode) LearnNewCode();
        Stacks.FetchWaiting();
    }

    // The stacks of a library's first moments wait for it. If the code is of no file, the next time to look is as usual.
    private void LearnNewCode()
    {
        _symbolizer.Refresh();
        if (_unwinding?.Update(_symbolizer) == true) _programs.WriteVariable("looks_for_code", (byte)0);
    }

    /// <summary>Gives names to the stacks that are new, as long as the process can be asked about its modules.</summary>
    public void LearnNewStacks() => ReadTotals();

    /// <summary>What is live now, by the stacks' numbers. Each of them is in <see cref="Stacks"/>.</summary>
    public IReadOnlyList<(int Number, StackTotal Total)> ReadLive() =>
        [.. ReadTotals().Where(stack => Stacks.Knows(stack.Key)).OrderBy(stack => stack.Key).Select(stack => (stack.Key, stack.Value))];

    /// <summary>What was lost so far.</summary>
    public Counters ReadCounters()
    {
        Counters counters = _programs.ReadVariable<Counters>("counters");
        counters.LostMappingEvents += _mappingChanges.Lost;
        return counters;
    }

    /// <summary>Says so when no call of any probed function was seen; else null. Selected allocations may be none of many.</summary>
    public string? Silence()
    {
        Counters counters = ReadCounters();
        bool hasHits = _hasMappingChanges || _filter.Selects || counters.UnknownReleases + counters.UntrackedCalls + counters.UnknownProbes > 0
            || Enumerable.Range(0, _totals.End).Any(number => _totals.Read(number).Allocated > 0);
        if (hasHits) return null;
        IEnumerable<string> places = _probes.GroupBy(probe => probe.Module.Path, StringComparer.Ordinal)
            .Select(file => $"{file.Key} ({string.Join(", ", file.Select(probe => probe.Function.Name).Take(MostNamed))}{(file.Count() > MostNamed ? ", ..." : "")})");
        return $"no call of any probed function was seen: {string.Join("; ", places)}";
    }

    /// <summary>How the stacks ended so far.</summary>
    public WalkEndings ReadEndings() => Stacks.ReadEndings(_totals, (int)_programs.ReadVariable<uint>("max_depth"));

    /// <summary>Records nothing any more. The probes stay.</summary>
    public void Rest() => _tracing.AimAtNobody();

    /// <summary>What could not be known of the process's code for lack of room: files' unwind tables, and mappings.</summary>
    public (int Files, int Mappings) RefusedCode => _unwinding is null ? default : (_unwinding.RefusedFiles, _unwinding.RefusedMappings);

    /// <summary>Takes the probes out of the process. What was recorded can still be read.</summary>
    public void Detach()
    {
        if (_links.Count == 0) return;
        using BpfLinks cover = _sweep.OverAll();
        new BpfLinks(_links).Dispose();
        _links.Clear();
    }

    public void Dispose()
    {
        Detach();
        _sweep.Dispose();
        _mappingChanges.Dispose();
        _totals.Dispose();
        _unwinding?.Dispose();
        _tracing.Dispose();
        _symbolizer.Dispose();
    }

    private void Attach(IReadOnlyList<Probe> probes)
    {
        if (probes.Count == 0) return;
        _sweep.Cover(ProbeAttacher.SitesOf(probes));
        _links.AddRange(_attacher.Attach(_programs, probes));
        _probes.AddRange(probes);
        // The kernel takes a process by its number, which may have become another one's just now. Dispose takes the probes out.
        if (_target.HasExited) throw new EmleakException(ExitCode.NoProcess, $"process {_target.Pid} has ended") { IsOfOneProcess = true };
    }

    // Before there are breakpoints of ours.
    private void Sweep(IReadOnlyList<SweptSite> left)
    {
        if (left.Count == 0) return;
        if (ProcessStatus.TracerOf(_target.Pid) != 0)
        {
            _host.Reporter.Warn($"{left.Count} breakpoints in process {_target.Pid} are left alone: a debugger is attached, and they may be its own");
            return;
        }

        _sweep.Over(left).Dispose();
        int removed = left.Except(LeftBreakpoints.Find(_target.Pid, _symbolizer.Modules)).Count();
        if (removed > 0) _host.Reporter.Warn($"removed {removed} breakpoints that a killed tracer had left in process {_target.Pid}");
    }

    // Once for each file.
    private void WarnOfCopies()
    {
        foreach (IGrouping<ProcessModule, Probe> file in _probes.Where(probe => probe.IsBypassed).GroupBy(probe => probe.Module))
        {
            if (!_copied.Add(file.Key)) continue;
            _host.Reporter.Warn($"calls of {file.Count()} probed functions of {file.Key.Path} are not seen: the process executes a copy of its code in anonymous memory");
        }
    }

    private void ProbeLoader()
    {
        // PT_INTERP of elf(5).
        const uint Interpreter = 3;
        IsBeforeLoader = _symbolizer.Modules.Count <= 2
            && _symbolizer.Modules.Any(module => module.Image?.Segments.Any(segment => segment.Type == Interpreter) == true);
        if (_host.Watch.ProbeLoader(_target, _symbolizer.Modules, _sweep) is not BpfLink loader) return;
        _links.Add(loader);
        IsLoaderProbed = true;
    }

    // A pass over memory that the kernel shares: as many rows as there may be stacks, whatever the number of blocks.
    private Dictionary<int, StackTotal> ReadTotals()
    {
        DrainMappingChanges();
        Dictionary<int, StackTotal> totals = new(_mappings.Totals);
        int end = _totals.End;
        for (int number = 0; number < end; number++)
        {
            Total total = _totals.Read(number);
            if (total.Count == 0 && total.Bytes == 0) continue;
            StackTotal mapped = totals.GetValueOrDefault(number);
            totals[number] = new StackTotal(mapped.Bytes + total.Bytes, mapped.Count + Sampling.CountOf(total, _filter));
        }

        Stacks.Learn([.. totals.Keys.Where(number => !Stacks.Knows(number)).Order()]);
        return totals;
    }

    private static ProcessUnwinding? Describe(Symbolizer symbolizer, ProgramLoading loading)
    {
        if (!TracingPrograms.HaveUnwindTables) return null;
        ProcessUnwinding unwinding = new(loading.WaitForMaps());
        try
        {
            unwinding.Update(symbolizer);
            return unwinding;
        }
        catch (Exception problem)
        {
            unwinding.Dispose();
            // When programs are refused, their maps are closed under our hands; what to tell is why.
            if (problem is ObjectDisposedException) loading.WaitForPrograms();
            throw;
        }
    }

    // What ended the start is being told already.
    private static void Abandon(Symbolizer? symbolizer, ProcessUnwinding? unwinding, ProgramLoading loading)
    {
        unwinding?.Dispose();
        symbolizer?.Dispose();
        loading.Abandon();
    }
}
