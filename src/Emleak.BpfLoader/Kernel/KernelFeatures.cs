using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>The features that decide how this library works.</summary>
public static unsafe class KernelFeatures
{
    /// <summary>Array maps that user space can map into its memory (<c>BPF_F_MMAPABLE</c>).</summary>
    public static KernelFeature MappableArrays { get; } =
        new("memory-mapped array maps", "5.5", static () => ProbeArray(MapFlags.MemoryMappable));

    /// <summary>Maps as memory of global variables, and constants that programs cannot write (<c>BPF_F_RDONLY_PROG</c>).</summary>
    public static KernelFeature GlobalData { get; } =
        new("global variables in BPF programs", "5.2", static () => ProbeArray(MapFlags.ReadOnlyForPrograms));

    /// <summary>BTF that describes functions and data sections.</summary>
    public static KernelFeature ProgramBtf { get; } =
        new("BTF with functions and data sections", "5.2", static () => BtfProbe.DataSections());

    /// <summary>BTF that tells global functions from static ones; the kernel then verifies global functions on their own.</summary>
    public static KernelFeature GlobalFunctions { get; } =
        new("BTF with global functions", "5.6", static () => BtfProbe.GlobalFunctions());

    /// <summary>Values that a program can read with <c>bpf_get_attach_cookie</c>, given for each uprobe.</summary>
    public static KernelFeature UprobeCookies { get; } =
        new("cookies of uprobes", "5.15", ProbePerfEventLink);

    private static FeatureSupport ProbeArray(uint flags)
    {
        BpfAttr attr = default;
        attr.MapType = (uint)BpfMapType.Array;
        attr.KeySize = sizeof(uint);
        attr.ValueSize = sizeof(ulong);
        attr.MaxEntries = 1;
        attr.MapFlags = flags;
        Errno errno = BpfSyscall.CreateMap(&attr, out BpfHandle? map);
        map?.Dispose();
        return AnswerFrom(errno, no: Errno.Invalid);
    }

    // A kernel that knows links of perf events looks at the descriptor (EBADF); others do not get that far (EINVAL).
    private static FeatureSupport ProbePerfEventLink()
    {
        Errno errno = LoadTrivialProgram(out BpfHandle? program);
        if (program is null) return AnswerFrom(errno, no: Errno.None);
        using (program)
        {
            errno = BpfSyscall.LinkPerfEvent(program, uint.MaxValue, cookie: 1, out BpfHandle? link);
            link?.Dispose();
        }

        return errno == Errno.BadDescriptor ? FeatureSupport.Yes : AnswerFrom(errno, no: Errno.Invalid);
    }

    private static Errno LoadTrivialProgram(out BpfHandle? program)
    {
        BpfInstruction* instructions = stackalloc BpfInstruction[]
        {
            new BpfInstruction { Code = 0xb7 }, // r0 = 0
            new BpfInstruction { Code = 0x95 }, // exit
        };
        fixed (byte* license = "GPL\0"u8)
        {
            BpfAttr attr = default;
            attr.ProgType = (uint)BpfProgramType.Tracepoint;
            attr.Insns = (ulong)instructions;
            attr.InsnCnt = 2;
            attr.License = (ulong)license;
            return BpfSyscall.LoadProgram(&attr, out program);
        }
    }

    internal static FeatureSupport AnswerFrom(Errno errno, Errno no)
    {
        if (errno == Errno.None) return FeatureSupport.Yes;
        return errno == no || errno == Errno.TooBig ? FeatureSupport.No : FeatureSupport.Unknown;
    }
}
