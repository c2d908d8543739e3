using System.Runtime.InteropServices;

namespace Emleak.Symbols.Unwind;

/// <summary>
/// How to get from a frame to its caller, with nothing but stack pointer, frame pointer, instruction pointer (aarch64: and the link
/// register) and the stack. The caller's stack pointer is the CFA.
/// </summary>
/// <param name="CfaOffset">Bytes: see <see cref="Kind"/>.</param>
/// <param name="At">Bytes: see <see cref="Kind"/>.</param>
/// <param name="FramePointer">
/// Where the caller's frame pointer is saved, in words of 8 bytes from the CFA; 0 when it still is in its register;
/// <see cref="AtFramePointerItself"/> when it is where the frame pointer points to.
/// </param>
/// <param name="ReturnAddress">
/// Where the return address is, in words of 8 bytes from the CFA; 0 when it still is in the link register (aarch64). It may be signed.
/// </param>
/// <param name="Kind">Where the CFA is.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct UnwindRule(int CfaOffset, int At, short FramePointer, short ReturnAddress, UnwindKind Kind)
{
    /// <summary>The <see cref="FramePointer"/> of functions that align their stack and then save the register.</summary>
    public const short AtFramePointerItself = 1;

    /// <summary>A rule that is nothing but a kind.</summary>
    public static UnwindRule Of(UnwindKind kind) => new(0, 0, 0, 0, kind);
}
