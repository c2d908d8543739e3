using System.Runtime.InteropServices;
using Emleak.Analysis;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Symbols;
using Emleak.Target;
using Emleak.Tracing.Records;
using Emleak.Tracing.Unwinding;

namespace Emleak.Tracing;

/// <summary>The BPF programs at work on one process, and what they know.</summary>
internal sealed class TracingSession : IDisposable
{
    private readonly BpfCollection _programs;
    private readonly Symbolizer _symbolizer;
    private readonly ProbePlanner _planner;
    private readonly ProbeAttacher _attacher;
    private readonly List<Probe> _probes = [];
    private readonly List<BpfLink> _links = [];
    private readonly LinkGuard _guard;
    private readonly RingBuffer _mappingChanges;
    private readonly MappingLedger _mappings = new(Environment.SystemPageSize);
    private readonly MappedArray<Total> _totals;
    private readonly ProcessUnwinding _unwinding;

    private TracingSession(
        TargetProcess target, ProbePlanner planner, ProbeAttacher attacher, LinkGuard guard, BpfCollection programs)
    {
        _guard = guard;
        _planner = planner;
        _attacher = attacher;
        _programs = programs;
        _symbolizer = Symbolizer.ForProcess(target.Pid);
        _mappingChanges = new RingBuffer(programs.Maps["mapping_changes"]);
        _totals = programs.Maps["totals"].MapMemory<Total>();
        _unwinding = new ProcessUnwinding(programs, target.Pid);
        Stacks = new StackTable(programs.Maps["stacks"].As<uint, Stack>(), _symbolizer);
    }

    /// <summary>The call paths seen so far.</summary>
    public StackTable Stacks { get; }

    /// <summary>Readable when the mapping events should be drained before they fill their buffer.</summary>
    public int Descriptor => _mappingChanges.FileDescriptor;

    /// <summary>How many functions are probed.</summary>
    public int ProbeCount => _probes.Count;

    /// <summary>Loads the programs and probes the process.</summary>
    /// <exception cref="EmleakException">A function of the user's was not found, or the process has ended.</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static TracingSession Start(TargetProcess target, ProbePlanner planner, TracingOptions options)
    {
        LinkGuard guard = LinkGuard.Start();
        BpfCollection? programs = null;
        TracingSession? session = null;
        try
        {
            ProbeAttacher attacher = new(target);
            programs = Load(target, attacher, options);
            session = new TracingSession(target, planner, attacher, guard, programs);
            session.ProbeNewModules();
            return session;
        }
        catch
        {
            if (session is not null)
            {
                session.Dispose();
            }
            else
            {
                programs?.Dispose();
                guard.Dispose();
            }

            throw;
        }
    }

    /// <summary>Probes the allocator functions of modules that came since the last time.</summary>
    public void ProbeNewModules()
    {
        _symbolizer.Refresh();
        _unwinding.Update(_symbolizer.Modules);
        _attacher.TellAddresses(_programs, _probes);
        IReadOnlyList<Probe> probes = _planner.PlanNew(_symbolizer.Modules);
        IReadOnlyList<BpfLink> links = _attacher.Attach(_programs, probes);
        _probes.AddRange(probes);
        _links.AddRange(links);
        _guard.Hold(links);
    }

    /// <exception cref="EmleakException">A function of the user's is in no module.</exception>
    public void CheckCustomFound() => _planner.CheckCustomFound(_symbolizer.Modules);

    /// <summary>Takes in what happened to the process's mappings.</summary>
    public void DrainMappingChanges()
    {
        foreach (ReadOnlySpan<byte> record in _mappingChanges.Read())
        {
            _mappings.Apply(MemoryMarshal.Read<MappingEvent>(record));
        }
    }

    /// <summary>Gives names to the stacks that are new, as long as the process can be asked about its modules.</summary>
    public void LearnNewStacks() => ReadTotals();

    /// <summary>What is outstanding now.</summary>
    public Snapshot TakeSnapshot(DateTimeOffset now)
    {
        List<OutstandingStack> outstanding = [];
        foreach ((int number, StackTotal total) in ReadTotals())
        {
            if (Stacks.Knows(number)) outstanding.Add(new OutstandingStack(number, total.Bytes, total.Count));
        }

        return Snapshot.Of(now, outstanding);
    }

    /// <summary>What was lost so far.</summary>
    public Counters ReadCounters() => _programs.ReadVariable<Counters>("counters");

    public void Dispose()
    {
        _guard.Dispose();
        new BpfLinks(_links).Dispose();
        _mappingChanges.Dispose();
        _totals.Dispose();
        _unwinding.Dispose();
        _programs.Dispose();
        _symbolizer.Dispose();
    }

    // A pass over memory that the kernel shares: as many rows as there may be stacks, whatever the number of blocks.
    private Dictionary<int, StackTotal> ReadTotals()
    {
        DrainMappingChanges();
        Dictionary<int, StackTotal> totals = new(_mappings.Totals);
        for (int number = 0; number < _totals.Count; number++)
        {
            Total total = _totals.Read(number);
            if (total.Count == 0 && total.Bytes == 0) continue;
            StackTotal mapped = totals.GetValueOrDefault(number);
            totals[number] = new StackTotal(mapped.Bytes + total.Bytes, mapped.Count + total.Count);
        }

        Stacks.Learn([.. totals.Keys.Where(number => !Stacks.Knows(number)).Order()]);
        return totals;
    }

    private static BpfCollection Load(TargetProcess target, ProbeAttacher attacher, TracingOptions options)
    {
        BpfObject spec = EmbeddedObject.Open("emleak.bpf.o");
        spec.SetConstant("target_pid", (uint)target.Pid);
        ProcessUnwinding.Prepare(spec, options.StackWalk, options.MaxDepth);
        if (KernelFeatures.TaskStorage.Probe() != FeatureSupport.Yes) UseHashesForThreads(spec);
        attacher.Prepare(spec);
        return spec.Load();
    }

    // The maps' declarations are for task storage; what is kept for a thread is the same (bpf/calls.h, bpf/unwind_memory.h).
    private static void UseHashesForThreads(BpfObject spec)
    {
        const int MostThreads = 65536;
        spec.SetConstant("has_task_storage", (byte)0);
        foreach (string map in (string[])["calls", "walk_memories"])
        {
            spec.Maps[map].Type = BpfMapType.Hash;
            spec.Maps[map].MaxEntries = MostThreads;
        }
    }
}
