using Emleak.BpfLoader;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Target;
using Emleak.Tracing.Records;
using Emleak.Tracing.Unwinding;

namespace Emleak.Tracing;

/// <summary>The BPF programs that trace (bpf/emleak.bpf.c), fitted to the options and this kernel; for one process at a time.</summary>
internal sealed class TracingPrograms : IDisposable
{
    private TracingPrograms(BpfObject spec, BpfCollection loaded, AttachMethod method, TracingOptions options)
    {
        Loaded = loaded;
        if (options.Filter.IsSampled) Sampling.FillTables(loaded);
        Method = method;
        Blocks = new BlockTables(spec, loaded, options.MaxAllocations);
    }

    /// <summary>What is in the kernel.</summary>
    public BpfCollection Loaded { get; }

    /// <summary>How the programs are to be attached.</summary>
    public AttachMethod Method { get; }

    /// <summary>The room for blocks.</summary>
    public BlockTables Blocks { get; }

    /// <param name="method">How they will be attached.</param>
    /// <param name="options">How to trace.</param>
    /// <param name="mapsMade">Called when the maps are there and the programs are not yet.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static TracingPrograms Load(AttachMethod method, TracingOptions options, Action<IReadOnlyDictionary<string, BpfMap>>? mapsMade = null) =>
        Load(EmbeddedObject.Open(ObjectName), method, options, mapsMade);

    /// <summary>The same with another object, to see what one that does less costs.</summary>
    public static TracingPrograms Load(
        BpfObject spec, AttachMethod method, TracingOptions options, Action<IReadOnlyDictionary<string, BpfMap>>? mapsMade = null)
    {
        if (KernelFeatures.TaskStorage.Probe() != FeatureSupport.Yes) UseHashesForThreads(spec);
        spec.SetConstant("own_namespace", PidNamespace.Own);
        ProbeAttacher.Prepare(spec, method);
        ProcessUnwinding.Prepare(spec, options.StackWalk, options.MaxDepth, options.MaxStacks);
        BlockTables.Prepare(spec, options.MaxAllocations);
        Sampling.Prepare(spec, options.Filter);
        KernelEvents<MappingEvent>.Prepare(spec, "mapping_changes");
        foreach (MapSpec map in spec.Maps.Values) LeaveOutTypesOfInnerMaps(map);
        BpfCollection loaded = spec.Load(new LoadOptions { MapsMade = mapsMade, KernelBtf = options.KernelTypes });
        try
        {
            return new TracingPrograms(spec, loaded, method, options);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>True where stacks are walked by the files' unwind tables: their programs and maps take a kernel of 5.10 and more.</summary>
    public static bool HaveUnwindTables => NeededByTables.All(feature => feature.Probe() == FeatureSupport.Yes);

    private static KernelFeature[] NeededByTables { get; } =
    [
        KernelFeatures.InnerMapsOfAnySize, KernelFeatures.GlobalFunctions, KernelFeatures.MappableArrays, KernelFeatures.BoundedLoops,
        KernelFeatures.LargePrograms, KernelFeatures.GlobalData, KernelFeatures.ProgramBtf,
    ];

    // bpf_loop came with 5.17.
    private static string ObjectName =>
        !HaveUnwindTables ? "emleak-unlooped.bpf.o" : KernelFeatures.LoopHelper.Probe() == FeatureSupport.Yes ? "emleak.bpf.o" : "emleak-bounded.bpf.o";

    /// <summary>Makes the programs trace a process; before this they trace none.</summary>
    public void Aim(TargetProcess target)
    {
        // The kernel knows processes by the numbers of its first namespace. In another one we do not know them: the programs find out.
        if (PidNamespace.Own == 0) Loaded.WriteVariable("target_pid", (uint)target.Pid);
        else Loaded.WriteVariable("visible_target_pid", (uint)target.Pid);
    }

    /// <summary>Makes the programs trace no process any more.</summary>
    public void AimAtNobody()
    {
        Loaded.WriteVariable("visible_target_pid", 0u);
        Loaded.WriteVariable("target_pid", 0u);
    }

    public void Dispose()
    {
        Blocks.Dispose();
        Loaded.Dispose();
    }

    // Maps that are put into a map later have no types; kernels before 6.2 take those that have for another kind
    // (bpf_map_meta_equal compared the places of locks and timers: unknown, or known to be nowhere).
    private static void LeaveOutTypesOfInnerMaps(MapSpec map)
    {
        if (map.InnerMap is not MapSpec inner) return;
        inner.KeyType = default;
        inner.ValueType = default;
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

        // Not used then.
        foreach (MapSpec visits in spec.Maps.Values.Where(static map => map.Type == BpfMapType.TaskStorage))
            (visits.Type, visits.MaxEntries) = (BpfMapType.Hash, 1);
    }
}
