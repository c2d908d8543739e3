using System.Text;
using Emleak.BpfLoader;
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
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Emleak.Tracing;

/// <summary>
/// Watches the life of the traced process, of which there is one at a time, and for one of a name that becomes it
/// (bpf/process.bpf.c). Who begins to run something new waits until it is probed, where the kernel can wait: nobody is stopped.
/// </summary>
internal sealed class ProcessWatch : IDisposable
{
    // The map has one entry.
    private const uint Traced = 0;

    // Each program has a form that waits and one that does not, and what is for the loader one for links.
    private const string Executed = "process_executed";
    private const string Loaded = "process_loaded";
    private const string LoadedByLink = "process_loaded_link";
    private const string Waits = "_waits";

    /// <summary>An environment variable: <see cref="LoadPatience"/> in milliseconds, for machines that are slow or busy.</summary>
    public const string PatienceVariable = "EMLEAK_PATIENCE";

    // A program that begins has nothing else to do; and when emleak dies, nobody waits for it any more.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    // A thread of a program that goes on holds the loader's lock meanwhile, for which others may wait.
    private static readonly TimeSpan UsualLoadPatience = TimeSpan.FromMilliseconds(50);

    // link.h, struct r_debug: where r_state is.
    private const long StateOffset = 24;

    private readonly BpfCollection _programs;
    private readonly KernelEvents<ProcessEvent> _events;
    private readonly BpfMap<uint, uint> _traced;
    private readonly BpfMap<uint, ulong> _probedUntil;
    private readonly BpfMap<uint, byte> _family;
    // Who waits does so in a callback, which is known by its type. A program that may sleep can use no buffer of perf events (6.18).
    private readonly bool _startsWait = Has(KernelFeatures.TaskWork) && Has(KernelFeatures.ProgramBtf);
    private readonly bool _loadersWait = Has(KernelFeatures.SleepableUprobes) && Has(KernelFeatures.ProgramBtf) && Has(KernelFeatures.RingBuffers);
    private readonly List<BpfLink> _links = [];
    private readonly Queue<ProcessEvent> _putBack = [];
    private readonly Queue<ProcessEvent> _taken = [];

    /// <param name="name">The name of the programs to wait for, or null.</param>
    /// <param name="kernelTypes">The kernel's types; null for its own description.</param>
    public ProcessWatch(string? name, BtfTypes? kernelTypes)
    {
        BpfObject spec = EmbeddedObject.Open("process.bpf.o");
        spec.SetConstant("own_namespace", PidNamespace.Own);
        spec.SetConstant("own_pid", (uint)Environment.ProcessId);
        spec.SetConstant("start_patience", NanosecondsOf(StartPatience));
        spec.SetConstant("load_patience", NanosecondsOf(LoadPatience));
        if (name is not null) spec.SetConstant("watched", Encode(name));
        ChoosePrograms(spec);
        KernelEvents<ProcessEvent>.Prepare(spec, "process_events");
        _programs = spec.Load(new LoadOptions { KernelBtf = kernelTypes });
        _events = new KernelEvents<ProcessEvent>(_programs.Maps["process_events"], change => change.Time);
        _traced = _programs.Maps["traced"].As<uint, uint>();
        _family = _programs.Maps["family"].As<uint, byte>();
        _probedUntil = _programs.Maps["probed_until"].As<uint, ulong>();
        foreach ((string program, string tracepoint) in ((string, string)[])
            [("process_ended", "sched_process_exit"), ("process_forked", "sched_process_fork"), (Form(Executed, _startsWait), "sched_process_exec")])
        {
            _links.Add(_programs.Programs[program].AttachRawTracepoint(tracepoint));
        }
    }

    /// <summary>True where a program waits before its first instruction until it is let run.</summary>
    public bool StartsWait => _startsWait || Held is not null;

    /// <summary>What holds a program there that cannot wait by itself; it is let go when the program is let run.</summary>
    public IDisposable? Held { get; set; }

    /// <summary>How long a thread of a program that goes on waits for its libraries to be probed, at most.</summary>
    public TimeSpan LoadPatience { get; } = uint.TryParse(Environment.GetEnvironmentVariable(PatienceVariable), out uint milliseconds)
        ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, StartPatience.TotalMilliseconds))
        : UsualLoadPatience;

    /// <summary>Why programs may run before they are probed; null when they wait.</summary>
    public string? WhyNoWait => (StartsWait, _loadersWait) switch
    {
        (true, true) => null,
        (_, false) => WaitTakes(KernelFeatures.SleepableUprobes),
        _ => WaitTakes(KernelFeatures.TaskWork),
    };

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

    /// <summary>Watches what becomes of a process's children, too. Where emleak has process numbers of its own, it cannot know them.</summary>
    public void WatchFamily(int pid)
    {
        if (PidNamespace.Own == 0) _family.Update((uint)pid, 1);
    }

    /// <summary>Those of the family that live, the process itself left out.</summary>
    public IReadOnlyList<int> ReadFamily(int except)
    {
        MapEntries<uint, byte> family = _family.ReadAll();
        List<int> pids = [];
        for (int i = 0; i < family.Count; i++) pids.Add((int)family.Keys[i]);
        return [.. pids.Where(pid => pid != except).Order()];
    }

    /// <summary>Lets who waits for an event go on: it has been dealt with.</summary>
    /// <returns>True when that came in time, or is of no account for this event.</returns>
    public bool LetRun(in ProcessEvent change)
    {
        if (change.Change == ProcessChange.Executed) LetGo();
        LetRunUntil(change.Pid, change.Time);
        return change.Change != ProcessChange.Loaded || (_loadersWait && Now - change.Time < NanosecondsOf(LoadPatience));
    }

    /// <summary>Leaves a process to itself: it is not the traced one any more.</summary>
    public void Release(int pid)
    {
        if (_traced.TryLookup(Traced, out uint traced) && traced == pid) _traced.Delete(Traced);
        LetGo();
        LetRunUntil((uint)pid, Now);
    }

    /// <summary>
    /// Has the process's loader say when it has mapped new libraries, and wait before it runs any code of theirs. Null where there is no
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
            sweep.Cover([new SweptSite(module.FilePath, function.FileOffset)]);
            return AttachToLoader(target, module, function.FileOffset);
        }

        return null;
    }

    public void Dispose()
    {
        // The kernel takes a program out when nobody runs it any more: first nobody waits.
        LetGo();
        _programs.WriteVariable("waits_have_ended", (byte)1);
        foreach (BpfLink link in _links) link.Dispose();
        _events.Dispose();
        _programs.Dispose();
    }

    private static bool HasLinks => Has(KernelFeatures.UprobeMultiByProcess);

    private static bool Has(KernelFeature feature) => feature.Probe() == FeatureSupport.Yes;

    // In the clock of the programs.
    private static ulong Now => NanosecondsOf(Stopwatch.GetElapsedTime(0));

    private static ulong NanosecondsOf(TimeSpan time) => (ulong)(time.Ticks * TimeSpan.NanosecondsPerTick);

    private static string Form(string program, bool waits) => waits ? program + Waits : program;

    private static string WaitTakes(KernelFeature feature) => $"waiting for that takes Linux {feature.FirstKernelVersion}";

    private void ChoosePrograms(BpfObject spec)
    {
        foreach ((string program, bool isUsed, bool waits) in
            ((string, bool, bool)[])[(Executed, true, _startsWait), (Loaded, true, _loadersWait), (LoadedByLink, HasLinks, _loadersWait)])
        {
            spec.Programs[Form(program, waits)].IsLoaded = isUsed;
            spec.Programs[Form(program, !waits)].IsLoaded = false;
        }
    }

    private void LetGo()
    {
        Held?.Dispose();
        Held = null;
    }

    private void LetRunUntil(uint pid, ulong time) => _probedUntil.Update(pid, time);

    // A perf event can follow a process whose first thread has left, but opening one takes an administrator. And it waits for every other one
    // that is being closed on this machine, each of which waits for the kernel (event_mutex in kernel/trace/trace_event_perf.c): seconds,
    // for which a thread does not wait.
    private BpfLink AttachToLoader(TargetProcess target, ProcessModule loader, ulong offset)
    {
        int thread = target.LiveThread;
        string path = TargetProcess.SeenBy(thread, loader.FilePath);
        return HasLinks && (thread == target.Pid || !Permission.IsAdministrator)
            ? _programs.Programs[Form(LoadedByLink, _loadersWait)].AttachUprobes(path, [new UprobeSite(offset)], new UprobeMultiOptions { Pid = target.Pid })
            : _programs.Programs[Form(Loaded, _loadersWait)].AttachUprobe(path, offset, new UprobeOptions { Pid = thread });
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
