using System.Text;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Elf;
using Emleak.Probes;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;
using Emleak.Target;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>
/// Watches the life of the traced process, of which there is one at a time, and for one of a name that becomes it
/// (bpf/process.bpf.c). Where the guard stands by, the process is stopped when there is something new to probe.
/// </summary>
internal sealed class ProcessWatch : IDisposable
{
    private const uint Traced = 0;

    private const string Loaded = "process_loaded";
    private const string LoadedByLink = "process_loaded_by_link";

    // link.h, struct r_debug: where r_state is.
    private const long StateOffset = 24;

    private readonly BpfCollection _programs;
    private readonly KernelEvents<ProcessEvent> _events;
    private readonly BpfMap<uint, uint> _traced;
    private readonly ProcessStops _stops;
    private readonly List<BpfLink> _links = [];
    private readonly Queue<ProcessEvent> _putBack = [];
    private readonly Queue<ProcessEvent> _taken = [];

    /// <param name="guard">Continues whom we have stopped when emleak is killed.</param>
    /// <param name="name">The name of the programs to wait for, or null.</param>
    /// <param name="kernelTypes">The kernel's types; null for its own description.</param>
    public ProcessWatch(Guard guard, string? name, BtfTypes? kernelTypes)
    {
        BpfObject spec = EmbeddedObject.Open("process.bpf.o");
        spec.SetConstant("own_namespace", PidNamespace.Own);
        WhyNoStops = FindWhyNoStops();
        spec.SetConstant("may_stop", (byte)(WhyNoStops is null ? 1 : 0));
        if (name is not null) spec.SetConstant("watched", Encode(name));
        spec.Programs[LoadedByLink].IsLoaded = HasLinks;
        spec.Programs[LoadedByLink].ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
        KernelEvents<ProcessEvent>.Prepare(spec, "process_events");
        _programs = spec.Load(new LoadOptions { KernelBtf = kernelTypes });
        _events = new KernelEvents<ProcessEvent>(_programs.Maps["process_events"], change => change.Time);
        _traced = _programs.Maps["traced"].As<uint, uint>();
        (BpfMap stops, BpfMap continued) = (_programs.Maps["stops"], _programs.Maps["continued"]);
        _stops = new ProcessStops(stops, continued);
        if (!guard.Know(stops, continued))
        {
            _stops.Forbid();
            WhyNoStops ??= "nobody could continue them if emleak were killed";
        }

        foreach ((string program, string tracepoint) in ((string, string)[])
            [("process_ended", "sched_process_exit"), ("process_forked", "sched_process_fork"), ("process_executed", "sched_process_exec")])
        {
            _links.Add(_programs.Programs[program].AttachRawTracepoint(tracepoint));
        }
    }

    /// <summary>Why processes are not stopped until they are probed; null when they are.</summary>
    public string? WhyNoStops { get; }

    /// <summary>Readable when there is something to take.</summary>
    public int Descriptor => _events.Descriptor;

    /// <summary>The oldest event that was not taken yet.</summary>
    public bool TryTake(out ProcessEvent taken)
    {
        if (_putBack.TryDequeue(out taken) || _taken.TryDequeue(out taken)) return true;
        foreach (ProcessEvent change in _events.Read(settling: TimeSpan.Zero)) _taken.Enqueue(change);
        return _taken.TryDequeue(out taken);
    }

    /// <summary>Leaves an event for who takes the next one.</summary>
    public void PutBack(ProcessEvent taken) => _putBack.Enqueue(taken);

    /// <summary>Makes a process the traced one. False when another one is.</summary>
    public bool TryClaim(int pid) =>
        _traced.Update(Traced, (uint)pid, MapUpdateMode.NoExist) || (_traced.TryLookup(Traced, out uint traced) && traced == pid);

    /// <summary>Continues a process if it is we who have stopped it.</summary>
    public void Continue(int pid) => _stops.Continue(pid);

    /// <summary>Leaves a process to itself: it is not the traced one any more.</summary>
    public void Release(int pid)
    {
        if (_traced.TryLookup(Traced, out uint traced) && traced == pid) _traced.Delete(Traced);
        Continue(pid);
    }

    /// <summary>
    /// Has the process stopped whenever its loader has mapped new libraries, before any code of theirs runs. Null where there is no
    /// loader that says so.
    /// </summary>
    /// <param name="target">The process.</param>
    /// <param name="modules">What it has mapped.</param>
    /// <param name="sweep">Takes the breakpoint out if emleak is killed meanwhile.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfLink? ProbeLoader(TargetProcess target, IEnumerable<ProcessModule> modules, BreakpointSweep sweep)
    {
        foreach (ProcessModule module in modules)
        {
            if (FindLoaderFunction(module) is not FunctionSymbol function) continue;
            ulong list = FindLibraryList(module.Image!);
            _programs.WriteVariable("loader_state_distance", list == 0 ? 0 : (long)list + StateOffset - (long)function.Address);
            using BpfLinks cover = sweep.Over([new SweptSite(module.FilePath, function.FileOffset)]);
            return AttachToLoader(target, module, function.FileOffset);
        }

        return null;
    }

    public void Dispose()
    {
        // No new stops, and then nobody stays stopped.
        foreach (BpfLink link in _links) link.Dispose();
        _stops.ForbidAndContinue();
        _events.Dispose();
        _programs.Dispose();
    }

    private static bool HasLinks => KernelFeatures.UprobeMultiByProcess.Probe() == FeatureSupport.Yes;

    // A perf event can follow a process whose first thread has left, but opening one takes an administrator. And it waits for every other one
    // that is being closed on this machine, each of which waits for the kernel (event_mutex in kernel/trace/trace_event_perf.c): seconds,
    // in which a process may be stopped.
    private BpfLink AttachToLoader(TargetProcess target, ProcessModule loader, ulong offset)
    {
        int thread = target.LiveThread;
        string path = TargetProcess.SeenBy(thread, loader.FilePath);
        return HasLinks && (thread == target.Pid || !Permission.IsAdministrator)
            ? _programs.Programs[LoadedByLink].AttachUprobes(path, [new UprobeSite(offset)], new UprobeMultiOptions { Pid = target.Pid })
            : _programs.Programs[Loaded].AttachUprobe(path, offset, new UprobeOptions { Pid = thread });
    }

    private static string? FindWhyNoStops()
    {
        KernelFeature signals = KernelFeatures.SendSignal;
        if (signals.Probe() != FeatureSupport.Yes) return $"the kernel has no way to (Linux {signals.FirstKernelVersion})";
        return Permission.MaySignalAnyone ? null : "emleak may not continue them without CAP_KILL";
    }

    // Programs that are linked statically have it, too, but nobody calls it there; they have no dynamic symbols.
    private static FunctionSymbol? FindLoaderFunction(ProcessModule module)
    {
        try
        {
            return module.FindFunctions("_dl_debug_state").FirstOrDefault(function => function.Table == SymbolTableKind.Dynamic);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    // Where the loader keeps its list of libraries, as linked; 0: unknown.
    private static ulong FindLibraryList(ElfImage image)
    {
        ElfSymbolTable symbols = image.DynamicSymbols;
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            if (symbols.HasName(symbol, "_r_debug"u8)) return symbol.Value;
        }

        return 0;
    }

    private static WatchedName Encode(string name)
    {
        WatchedName watched = default;
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Span<byte> whole = watched.Name;
        Span<byte> comm = watched.Comm;
        // What is longer is the name of no file; it matches nothing.
        bytes.AsSpan(0, Math.Min(bytes.Length, whole.Length - 1)).CopyTo(whole);
        bytes.AsSpan(0, Math.Min(bytes.Length, comm.Length - 1)).CopyTo(comm);
        watched.Length = (uint)bytes.Length;
        return watched;
    }
}
