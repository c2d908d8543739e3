using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>The features that decide how this library, or a program of its user, works.</summary>
public static partial class KernelFeatures
{
    /// <summary>Array maps that user space can map into its memory (<c>BPF_F_MMAPABLE</c>).</summary>
    public static KernelFeature MappableArrays { get; } =
        new("mappable-arrays", "memory-mapped array maps", "5.5", static () => MapProbe.Array(MapFlags.MemoryMappable));

    /// <summary>Maps as memory of global variables, and constants that programs cannot write (<c>BPF_F_RDONLY_PROG</c>).</summary>
    public static KernelFeature GlobalData { get; } =
        new("global-data", "global variables in BPF programs", "5.2", static () => MapProbe.Array(MapFlags.ReadOnlyForPrograms));

    /// <summary>Ring buffers shared by all CPUs.</summary>
    public static KernelFeature RingBuffers { get; } = new("ring-buffer", "ring buffers", "5.8", MapProbe.RingBuffer);

    /// <summary>Reading many entries of a map with one call.</summary>
    public static KernelFeature BatchOperations { get; } = new("batch", "batch operations on maps", "5.6", MapProbe.Batches);

    /// <summary>Maps of maps whose hash maps differ in the number of entries that they have room for.</summary>
    public static KernelFeature InnerMapsOfAnySize { get; } = new("inner-maps-of-any-size", "inner maps of different sizes", "5.10", MapProbe.InnerMapsOfAnySize);

    /// <summary>
    /// Maps that keep a value at each task (<c>BPF_MAP_TYPE_TASK_STORAGE</c>), used with <c>bpf_task_storage_get</c> from
    /// programs that probe.
    /// </summary>
    public static KernelFeature TaskStorage { get; } = new("task-storage", "task storage for programs that probe", "5.12", MapProbe.TaskStorage);

    /// <summary>BTF that describes functions and data sections.</summary>
    public static KernelFeature ProgramBtf { get; } =
        new("program-btf", "BTF with functions and data sections", "5.2", static () => BtfProbe.DataSections());

    /// <summary>BTF that tells global functions from static ones; the kernel then verifies global functions on their own.</summary>
    public static KernelFeature GlobalFunctions { get; } =
        new("global-functions", "BTF with global functions", "5.6", static () => BtfProbe.GlobalFunctions());

    /// <summary>Links to perf events (<c>BPF_LINK_TYPE_PERF_EVENT</c>), which take a cookie for each uprobe, kprobe or tracepoint.</summary>
    public static KernelFeature UprobeCookies { get; } = new("uprobe-cookies", "cookies of uprobes", "5.15", LinkProbe.PerfEvent);

    /// <summary>The helper <c>bpf_get_attach_cookie</c> for programs of uprobes and kprobes.</summary>
    public static KernelFeature AttachCookie { get; } = new("attach-cookie", "reading cookies in programs (bpf_get_attach_cookie)", "5.15", ProbeCookieHelper);

    /// <summary>Programs of uprobes that may sleep, for example to read memory of the process that is not there (section <c>uprobe.s</c>).</summary>
    public static KernelFeature SleepableUprobes { get; } = new("sleepable-uprobes", "programs of uprobes that may sleep", "6.0", ProgramProbe.SleepableUprobe);

    /// <summary>Work that programs have a task do before it returns to user space (<c>bpf_task_work_schedule_resume</c>).</summary>
    public static KernelFeature TaskWork { get; } =
        new("task-work", "work of tasks (bpf_task_work_schedule_resume)", "6.18", static () => DescribesAny(
            "bpf_task_work_schedule_resume", "bpf_task_work_schedule_resume_impl"));

    /// <summary>Links that attach a program to many instructions of a file (<c>BPF_TRACE_UPROBE_MULTI</c>).</summary>
    public static KernelFeature UprobeMulti { get; } =
        new("uprobe-multi", "links to many uprobes", "6.6", static () => LinkProbe.Uprobes(BpfAttachType.TraceUprobeMulti), "built with CONFIG_UPROBES");

    /// <summary>
    /// <see cref="UprobeMulti"/> limited to a process. The kernels that had such links first took the id as that of a thread,
    /// and ran the program for no other.
    /// </summary>
    public static KernelFeature UprobeMultiByProcess { get; } = new(
        "uprobe-multi-by-process", "links to many uprobes of one process",
        "6.10",
        LinkProbe.UprobesByProcess,
        "leave out the process id and let the program compare it, or attach one uprobe at a time");

    /// <summary>Programs that run at a function's entry and at its return (<c>BPF_TRACE_UPROBE_SESSION</c>).</summary>
    public static KernelFeature UprobeSession { get; } =
        new("uprobe-session", "uprobe sessions", "6.13", static () => LinkProbe.Uprobes(BpfAttachType.TraceUprobeSession), "built with CONFIG_UPROBES");

    /// <summary>Links that attach a program to many functions of the kernel (<c>BPF_TRACE_KPROBE_MULTI</c>).</summary>
    public static KernelFeature KprobeMulti { get; } =
        new("kprobe-multi", "links to many kprobes", "5.18", static () => LinkProbe.Kprobes(BpfAttachType.TraceKprobeMulti), "built with CONFIG_FPROBE");

    /// <summary>Programs that run at a kernel function's entry and at its return (<c>BPF_TRACE_KPROBE_SESSION</c>).</summary>
    public static KernelFeature KprobeSession { get; } =
        new("kprobe-session", "kprobe sessions", "6.10", static () => LinkProbe.Kprobes(BpfAttachType.TraceKprobeSession), "built with CONFIG_FPROBE");

    /// <summary>Rights to use BPF, handed on through a BPF file system (<c>BPF_TOKEN_CREATE</c>), to containers for example.</summary>
    public static KernelFeature Tokens { get; } = new("tokens", "BPF tokens", "6.9", ProbeTokens);

    /// <summary>Loops whose end the verifier finds by itself.</summary>
    public static KernelFeature BoundedLoops { get; } = new("bounded-loops", "bounded loops", "5.3", ProgramProbe.BoundedLoops);

    /// <summary>Programs of more than 4096 instructions, up to a million.</summary>
    public static KernelFeature LargePrograms { get; } = new("large-programs", "programs of more than 4096 instructions", "5.2", ProgramProbe.LargePrograms);

    /// <summary>The helper <c>bpf_probe_read_user</c>; before it there was one for both, <c>bpf_probe_read</c>.</summary>
    public static KernelFeature ProbeReadUser { get; } =
        new("probe-read-user", "reading a process's memory in programs (bpf_probe_read_user)", "5.5", static () => ForProbes(BpfFunctionId.ProbeReadUser));

    /// <summary>The helper <c>bpf_send_signal</c>.</summary>
    public static KernelFeature SendSignal { get; } =
        new("send-signal", "sending signals from programs (bpf_send_signal)", "5.3", static () => ForProbes(BpfFunctionId.SendSignal));

    /// <summary>
    /// Memory of maps and programs that counts for the control group of who makes them; before that it counted against
    /// RLIMIT_MEMLOCK, which this library then raises.
    /// </summary>
    public static KernelFeature MemoryAccounting { get; } =
        new("memory-accounting", "accounting of BPF memory by control groups", "5.11", static () => AnswerFrom(BpfSyscall.TryAccounting(), no: Errno.Invalid));

    /// <summary>The helper <c>bpf_loop</c>.</summary>
    public static KernelFeature LoopHelper { get; } =
        new("loop-helper", "calling a function again and again (bpf_loop)", "5.17", static () => ForProbes(BpfFunctionId.Loop));

    /// <summary>The kernel's own types, see <see cref="KernelBtf"/>.</summary>
    public static KernelFeature VmlinuxBtf { get; } = new(
        "kernel-btf",
        "a description of its own types",
        "5.4",
        static () => File.Exists(KernelBtf.Source) ? FeatureSupport.Yes : FeatureSupport.No,
        $"built with CONFIG_DEBUG_INFO_BTF; {KernelBtf.Source} is missing");

    /// <summary>All of them, by when they came.</summary>
    public static IReadOnlyList<KernelFeature> All { get; } =
    [
        ProgramBtf, GlobalData, LargePrograms, BoundedLoops, SendSignal, VmlinuxBtf, MappableArrays, ProbeReadUser, GlobalFunctions,
        BatchOperations, RingBuffers, InnerMapsOfAnySize, MemoryAccounting, TaskStorage, UprobeCookies, AttachCookie, LoopHelper, KprobeMulti,
        SleepableUprobes, UprobeMulti, Tokens, UprobeMultiByProcess, KprobeSession, UprobeSession, TaskWork,
    ];

    /// <summary>Reads an answer out of an attempt: success is yes, <paramref name="no"/> and E2BIG are no, all else is none.</summary>
    internal static FeatureSupport AnswerFrom(Errno errno, Errno no)
    {
        if (errno == Errno.None) return FeatureSupport.Yes;
        return errno == no || errno == Errno.TooBig ? FeatureSupport.No : FeatureSupport.Unknown;
    }

    private static FeatureSupport ForProbes(BpfFunctionId helper) => ProgramProbe.Helper(BpfProgramType.Kprobe, helper);

    // Functions for programs are found in the kernel's types: where it does not describe itself, programs cannot call them.
    private static FeatureSupport DescribesAny(params ReadOnlySpan<string> functions)
    {
        if (VmlinuxBtf.Probe() != FeatureSupport.Yes) return FeatureSupport.No;
        foreach (string name in functions)
        {
            if (KernelBtf.Default.TryFind(name, BtfKind.Function, out _)) return FeatureSupport.Yes;
        }

        return FeatureSupport.No;
    }

    private static FeatureSupport ProbeTokens()
    {
        // A kernel that knows the command misses the file system; one that does not gets no further than the command.
        Errno errno = BpfSyscall.CreateToken(fileSystem: uint.MaxValue, out BpfHandle? token);
        token?.Dispose();
        return errno == Errno.BadDescriptor ? FeatureSupport.Yes : AnswerFrom(errno, no: Errno.Invalid);
    }

    private static FeatureSupport ProbeCookieHelper()
    {
        // The context is in the first register already.
        BpfInstruction[] code = [ProbeCode.Call(BpfFunctionId.GetAttachCookie), ProbeCode.Exit];
        Errno errno = ProbeCode.Load(BpfProgramType.Kprobe, default, code, [], out BpfHandle? program);
        program?.Dispose();
        return AnswerFrom(errno, no: Errno.Invalid);
    }
}
