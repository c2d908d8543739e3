namespace Emleak.BpfLoader.Object;

/// <summary>Operation codes and pseudo source registers that linking and relocating look at (RFC 9669, sections 4 and 5).</summary>
internal static class BpfOpcode
{
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

    /// <summary>True for a call of a function of the same program.</summary>
    public static bool IsLocalCall(in BpfInstruction instruction) =>
        instruction.Code == Call && instruction.Source == SourceLocalCall;
}
