namespace Emleak.Symbols.Unwind;

/// <summary>How to get from a frame to its caller: where the canonical frame address (CFA) of DWARF 5, section 6.4, is.</summary>
public enum UnwindKind
{
    /// <summary>The tables do not describe the code.</summary>
    None = 0,

    /// <summary>There is no caller: the return address is said to be undefined.</summary>
    Outermost = 1,

    /// <summary>A signal trampoline: the interrupted code's registers are in the kernel's signal frame at the stack pointer.</summary>
    Signal = 2,

    /// <summary>The tables describe the code in a way for which there is no rule, by other registers for example.</summary>
    Unknown = 3,

    /// <summary><see cref="UnwindRule.CfaOffset"/> bytes above the stack pointer.</summary>
    StackPointer = 4,

    /// <summary><see cref="UnwindRule.CfaOffset"/> bytes above the frame pointer (rbp; x29).</summary>
    FramePointer = 5,

    /// <summary>
    /// <see cref="UnwindRule.CfaOffset"/> bytes above the address that is stored <see cref="UnwindRule.At"/> bytes above the stack pointer.
    /// </summary>
    AtStackPointer = 6,

    /// <summary>
    /// <see cref="UnwindRule.CfaOffset"/> bytes above the address that is stored <see cref="UnwindRule.At"/> bytes above the frame pointer:
    /// functions that align their stack.
    /// </summary>
    AtFramePointer = 7,

    /// <summary>
    /// An entry of an x86-64 procedure linkage table, 16 bytes long: <see cref="UnwindRule.CfaOffset"/> bytes above the stack pointer, and
    /// 8 more from the entry's byte <see cref="UnwindRule.At"/> on.
    /// </summary>
    LinkageTable = 8,
}
