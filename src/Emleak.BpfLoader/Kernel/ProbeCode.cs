using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>The few instructions that probing programs are made of, and their way to the verifier.</summary>
internal static unsafe class ProbeCode
{
    private const byte MoveImmediate = 0xb7;
    private const byte MoveRegister = 0xbf;
    private const byte AddImmediate = 0x07;
    private const byte JumpUnlessEqual = 0x55;
    private const byte ExitCode = 0x95;

    /// <summary>The least program that every type accepts.</summary>
    public static BpfInstruction[] Trivial => [Set(0, 0), Exit];

    public static BpfInstruction Exit => new() { Code = ExitCode };

    public static BpfInstruction Set(byte register, int value) => new() { Code = MoveImmediate, Registers = register, Immediate = value };

    public static BpfInstruction Copy(byte to, byte from) => new() { Code = MoveRegister, Destination = to, Source = from };

    public static BpfInstruction Add(byte register, int value) => new() { Code = AddImmediate, Registers = register, Immediate = value };

    public static BpfInstruction JumpUnlessZero(byte register, short slots) =>
        new() { Code = JumpUnlessEqual, Registers = register, Offset = slots };

    public static BpfInstruction Call(BpfFunctionId helper) => new() { Code = BpfOpcode.Call, Immediate = (int)helper };

    /// <summary>Two slots: the address of a map.</summary>
    public static BpfInstruction[] LoadMap(byte register, uint descriptor) =>
    [
        new() { Code = BpfOpcode.LoadImmediate64, Destination = register, Source = BpfOpcode.SourceMap, Immediate = (int)descriptor },
        default,
    ];

    /// <summary>Loads a program; with room in <paramref name="log"/> the verifier writes there what it thinks.</summary>
    /// <param name="type">The program's type.</param>
    /// <param name="attachType">What it is for; the default where the type says all.</param>
    /// <param name="code">The instructions.</param>
    /// <param name="log">Room for text, or none.</param>
    /// <param name="program">The program, or null.</param>
    /// <param name="flags"><c>BPF_F_*</c> flags of loading.</param>
    /// <param name="target">The number in the kernel's BTF of the function that it is for; or 0.</param>
    public static Errno Load(
        BpfProgramType type,
        BpfAttachType attachType,
        ReadOnlySpan<BpfInstruction> code,
        Span<byte> log,
        out BpfHandle? program,
        uint flags = 0,
        uint target = 0)
    {
        fixed (BpfInstruction* instructions = code)
        fixed (byte* license = "GPL\0"u8, logBuffer = log)
        {
            BpfAttr attr = default;
            attr.ProgType = (uint)type;
            attr.ExpectedAttachType = (uint)attachType;
            attr.Insns = (ulong)instructions;
            attr.InsnCnt = (uint)code.Length;
            attr.License = (ulong)license;
            attr.KernVersion = KernelVersion.Code;
            attr.ProgFlags = flags;
            attr.AttachBtfId = target;
            attr.LogBuf = (ulong)logBuffer;
            attr.LogSize = (uint)log.Length;
            attr.LogLevel = log.IsEmpty ? 0u : 1u;
            return BpfSyscall.LoadProgram(&attr, out program);
        }
    }
}
