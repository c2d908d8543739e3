using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;
using Emleak.Elf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Tiny programs of every type, loaded to learn what the verifier knows.</summary>
internal static class ProgramProbe
{
    private const int LogLength = 4096;
    private const uint Sleepable = 1u << 4;

    // The limit before 5.2, and still that of callers without CAP_BPF.
    private const int OldMostInstructions = 4096;

    // Exists to be attached to (net/bpf/test_run.c), since the first kernel that can attach to functions.
    private const string AnyFunction = "bpf_fentry_test1";
    private const string AnyHook = "bpf_lsm_file_open";

    // kernel/bpf/verifier.c: of a number that no helper has, and of a helper that is not for this type; the last since 6.12.
    private static readonly string[] Refusals = ["invalid func ", "unknown func ", "program of this type cannot use helper "];

    /// <summary>
    /// Only a known type gets as far as the verifier, which then may miss what the program is to be attached to: EINVAL with
    /// a reason, or ENOTSUPP, speaks of a known type; EINVAL without a word does not.
    /// </summary>
    public static FeatureSupport Type(BpfProgramType type)
    {
        Errno errno = Load(type, ProbeCode.Trivial, target: 0, out string log);
        bool known = (errno == Errno.Invalid && log.Length != 0) || errno == Errno.NotSupportedByKernel;
        return known ? FeatureSupport.Yes : KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
    }

    /// <summary>A call without arguments: the verifier complains about the helper, or about its arguments if it may be called.</summary>
    public static FeatureSupport Helper(BpfProgramType type, BpfFunctionId helper)
    {
        FeatureSupport known = KernelFeatures.ProgramType(type);
        if (known != FeatureSupport.Yes) return known;
        if (!TryFindTarget(type, out uint target)) return FeatureSupport.Unknown;
        Errno errno = Load(type, [ProbeCode.Call(helper), ProbeCode.Exit], target, out string log);
        if (errno is Errno.None) return FeatureSupport.Yes;
        if (errno is not (Errno.Invalid or Errno.AccessDenied or Errno.OutOfRange) || log.Length == 0) return FeatureSupport.Unknown;
        return Refusals.Any(text => log.Contains(text, StringComparison.Ordinal)) ? FeatureSupport.No : FeatureSupport.Yes;
    }

    public static FeatureSupport BoundedLoops() => Code(
    [
        ProbeCode.Set(0, 10),
        ProbeCode.Add(0, -1),
        ProbeCode.JumpUnlessZero(0, -2),
        ProbeCode.Exit,
    ]);

    public static FeatureSupport LargePrograms()
    {
        BpfInstruction[] code = new BpfInstruction[OldMostInstructions + 1];
        Array.Fill(code, ProbeCode.Set(0, 0));
        code[^1] = ProbeCode.Exit;
        return Code(code);
    }

    public static FeatureSupport SleepableUprobe()
    {
        Errno errno = ProbeCode.Load(BpfProgramType.Kprobe, default, ProbeCode.Trivial, [], out BpfHandle? program, Sleepable);
        program?.Dispose();
        return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
    }

    /// <summary>A program for the verifier's own abilities, which are less for those who may load only socket filters.</summary>
    private static FeatureSupport Code(BpfInstruction[] code)
    {
        const BpfProgramType Privileged = BpfProgramType.Kprobe;
        if (Load(Privileged, ProbeCode.Trivial, target: 0, out _) != Errno.None) return FeatureSupport.Unknown;
        // Without a log: one of thousands of instructions would need room that is not there (ENOSPC).
        Errno errno = ProbeCode.Load(Privileged, default, code, [], out BpfHandle? program);
        program?.Dispose();
        return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
    }

    private static Errno Load(BpfProgramType type, BpfInstruction[] code, uint target, out string log)
    {
        byte[] buffer = new byte[LogLength];
        uint flags = type == BpfProgramType.Syscall ? Sleepable : 0;
        Errno errno = ProbeCode.Load(type, AttachTypeOf(type), code, buffer, out BpfHandle? program, flags, target);
        program?.Dispose();
        log = Encoding.UTF8.GetString(buffer.AsSpan(0, buffer.IndexOf((byte)0)));
        return errno;
    }

    /// <summary>The types that are refused without the kind of place that they are for.</summary>
    private static BpfAttachType AttachTypeOf(BpfProgramType type) => type switch
    {
        BpfProgramType.CgroupSockAddr => BpfAttachType.CgroupInet4Connect,
        BpfProgramType.CgroupSockopt => BpfAttachType.CgroupGetsockopt,
        BpfProgramType.SkLookup => BpfAttachType.SkLookup,
        BpfProgramType.Netfilter => BpfAttachType.Netfilter,
        BpfProgramType.Tracing => BpfAttachType.TraceFentry,
        BpfProgramType.Lsm => BpfAttachType.LsmMac,
        _ => default,
    };

    // What a program of these types may do depends on what it is attached to, which for the last two a tiny program cannot name.
    private static bool TryFindTarget(BpfProgramType type, out uint target)
    {
        target = 0;
        return type switch
        {
            BpfProgramType.Tracing => TryFindFunction(AnyFunction, out target),
            BpfProgramType.Lsm => TryFindFunction(AnyHook, out target),
            BpfProgramType.StructOps or BpfProgramType.Ext => false,
            _ => true,
        };
    }

    private static bool TryFindFunction(string name, out uint id)
    {
        id = 0;
        try
        {
            if (!KernelBtf.Default.TryFind(name, BtfKind.Function, out BtfType function)) return false;
            id = function.Id.Value;
            return true;
        }
        catch (Exception e) when (e is FeatureNotSupportedException or MalformedDataException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
