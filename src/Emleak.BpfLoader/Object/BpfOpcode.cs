namespace Emleak.BpfLoader.Object;

/// <summary>Operation codes and pseudo source registers that linking and relocating look at (RFC 9669, sections 4 and 5).</summary>
internal static class BpfOpcode
{
    /// <summary>The bits that tell the class.</summary>
    public const byte ClassMask = 0x07;

    /// <summary>Loads of wide immediates, and the old ones from packets.</summary>
    public const byte ClassWideLoad = 0x00;

    /// <summary>Loads from memory.</summary>
    public const byte ClassLoad = 0x01;

    /// <summary>Stores of immediates.</summary>
    public const byte ClassStoreImmediate = 0x02;

    /// <summary>Stores of registers, and atomic operations.</summary>
    public const byte ClassStore = 0x03;

    /// <summary>Arithmetic of 32 bits.</summary>
    public const byte ClassArithmetic32 = 0x04;

    /// <summary>Jumps, calls and ends, comparing 64 bits.</summary>
    public const byte ClassJump = 0x05;

    /// <summary>Jumps that compare 32 bits.</summary>
    public const byte ClassJump32 = 0x06;

    /// <summary>Arithmetic of 64 bits.</summary>
    public const byte ClassArithmetic64 = 0x07;

    /// <summary>Of arithmetic and jumps: the bits that tell the operation.</summary>
    public const byte OperationMask = 0xf0;

    /// <summary>A jump without a condition.</summary>
    public const byte OperationAlways = 0x00;

    /// <summary>A call.</summary>
    public const byte OperationCall = 0x80;

    /// <summary>The end of a function.</summary>
    public const byte OperationExit = 0x90;

    /// <summary>A jump that the kernel takes when a loop has gone on for too long (<c>may_goto</c>).</summary>
    public const byte OperationMaybe = 0xe0;

    /// <summary>Of arithmetic and jumps: the second operand is a register.</summary>
    public const byte SourceIsRegister = 0x08;

    /// <summary>Of loads and stores: the bits that tell the size.</summary>
    public const byte SizeMask = 0x18;

    /// <summary>Sets a register to an immediate, sign-extended.</summary>
    public const byte SetRegister = 0xb7;

    /// <summary>Load of a 64-bit immediate: two slots.</summary>
    public const byte LoadImmediate64 = 0x18;

    /// <summary>Call of a helper, a function or a kernel function, as the source register says.</summary>
    public const byte Call = 0x85;

    /// <summary>A wide load gives a map.</summary>
    public const byte SourceMap = 1;

    /// <summary>A wide load gives an address inside a map's value.</summary>
    public const byte SourceMapValue = 2;

    /// <summary>A wide load gives a variable or function of the kernel, by its BTF number.</summary>
    public const byte SourceKernelType = 3;

    /// <summary>A wide load gives a function's address.</summary>
    public const byte SourceFunction = 4;

    /// <summary>A call goes to a function of the kernel, by its BTF number.</summary>
    public const byte SourceKernelCall = 2;

    private const byte SourceLocalCall = 1;
    private const byte ModeMask = 0xe0;
    private const byte ModeMemory = 0x60;

    /// <summary>True for a call of a function of the same program.</summary>
    public static bool IsLocalCall(in BpfInstruction instruction) =>
        instruction.Code == Call && instruction.Source == SourceLocalCall;

    /// <summary>True for a call of one of the kernel's helpers.</summary>
    public static bool IsHelperCall(in BpfInstruction instruction) => instruction.Code == Call && instruction.Source == 0;

    /// <summary>True for a load of an address inside a map's value.</summary>
    public static bool IsVariableAddress(in BpfInstruction instruction) =>
        instruction.Code == LoadImmediate64 && instruction.Source == SourceMapValue;

    /// <summary>True for a load from memory that fills the register with zeros.</summary>
    public static bool IsPlainLoad(in BpfInstruction instruction) =>
        (instruction.Code & (ClassMask | ModeMask)) == (ClassLoad | ModeMemory);

    /// <summary>How many bytes a load or store moves.</summary>
    public static int AccessSize(in BpfInstruction instruction) => (instruction.Code & SizeMask) switch
    {
        0x00 => 4,
        0x08 => 2,
        0x10 => 1,
        _ => 8,
    };
}
