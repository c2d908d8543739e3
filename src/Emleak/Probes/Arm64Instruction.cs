namespace Emleak.Probes;

/// <summary>
/// What placement must know of an A64 instruction (Arm Architecture Reference Manual, C4: the encoding index). It knows too little of
/// some, and says so: then the placement stops there.
/// </summary>
internal readonly struct Arm64Instruction(uint word)
{
    /// <summary>The register that a call leaves its return address in.</summary>
    public const int LinkRegister = 30;

    /// <summary>The stack pointer, where it is not the zero register.</summary>
    public const int StackPointer = 31;

    public const int Size = 4;

    private const uint Nop = 0xd503201f;

    /// <summary>
    /// True when every kernel executes it by itself, without a single step (arch/arm64/kernel/probes/decode-insn.c): branches,
    /// addresses relative to the instruction, literal loads.
    /// </summary>
    public bool IsSimulated => IsBranch || Is(0x1f000000, 0x10000000) || Is(0xbf000000, 0x18000000) || Is(0xff000000, 0x98000000);

    /// <summary>True when newer kernels do (6.13: simulate_nop); older ones step it like any other.</summary>
    public bool IsNop => word == Nop;

    /// <summary>True for a jump that may go anywhere in the function.</summary>
    public bool IsIndirectJump => Is(0xfffffc1f, 0xd61f0000) || Is(0xfefff800, 0xd61f0800);

    /// <summary>True for a return, with or without authentication of its address.</summary>
    public bool IsReturn => Is(0xfffffc1f, 0xd65f0000) || Is(0xfffffbff, 0xd65f0bff);

    /// <summary>True when the address that it returns to is in the register as it is, so that kernels simulate it.</summary>
    public bool IsPlainReturn => Is(0xfffffc1f, 0xd65f0000);

    public bool IsCall => Is(0xfc000000, 0x94000000) || Is(0xfffffc1f, 0xd63f0000) || Is(0xfefff800, 0xd63f0800);

    /// <summary>True for <c>b</c>.</summary>
    public bool IsUnconditionalJump => Is(0xfc000000, 0x14000000);

    /// <summary>True for <c>b.hi</c> and <c>b.cs</c>: after a comparison with -4095 or -4096, the way of failure.</summary>
    public bool IsJumpIfAbove => Is(0xff00001f, 0x54000008) || Is(0xff00001f, 0x54000002);

    /// <summary>True for <c>svc #0</c>.</summary>
    public bool IsSystemCall => word == 0xd4000001;

    /// <summary>The number that it puts into the register of system calls' numbers; null for anything else.</summary>
    public int? SystemCallNumber => Is(0xffe0001f, 0xd2800008) || Is(0xffe0001f, 0x52800008) ? (int)((word >> 5) & 0xffff) : null;

    /// <summary>True for what is not meant to be executed: udf, brk.</summary>
    public bool IsTrap => Is(0xffff0000, 0) || Is(0xffe0001f, 0xd4200000);

    /// <summary>True when the next instruction is executed after it, and <see cref="Writes"/> is known.</summary>
    public bool IsStraight => IsDataProcessing || IsKnownMemoryAccess || Is(0xfffff01f, 0xd503201f) || Is(0xfffff000, 0xd5033000) || Is(0xffd00000, 0xd5100000);

    /// <summary>The general registers that may be other ones afterwards, as bits; the stack pointer is bit 31.</summary>
    public uint Writes
    {
        get
        {
            if (IsDataProcessing) return ResultOfDataProcessing;
            if (IsKnownMemoryAccess) return LoadedRegisters | (IsWritingBack ? Bit(word >> 5) : 0);
            if (Is(0xfffff01f, 0xd503201f)) return IsSigning ? 1u << LinkRegister : 0;
            // mrs reads a system register; msr and barriers change none of these.
            return Is(0xfff00000, 0xd5300000) ? BitOfResult : 0;
        }
    }

    /// <summary>True when it may read a register. Some say yes because of a number that they contain.</summary>
    public bool MayRead(int register) =>
        (IsDataProcessing || IsKnownMemoryAccess)
        && ((Bit(word) | Bit(word >> 5) | Bit(word >> 10) | Bit(word >> 16)) & (1u << register)) != 0;

    /// <summary>Bytes from here to where a direct branch goes; null for anything else.</summary>
    public int? BranchDistance
    {
        get
        {
            if (Is(0x7c000000, 0x14000000)) return SignedField(0, 26);
            if (Is(0xff000000, 0x54000000) || Is(0x7e000000, 0x34000000)) return SignedField(5, 19);
            return Is(0x7e000000, 0x36000000) ? SignedField(5, 14) : null;
        }
    }

    public override string ToString() => $"{word:x8}";

    // b, bl; b.cond; cbz, cbnz; tbz, tbnz; br, blr, ret without authentication.
    private bool IsBranch =>
        Is(0x7c000000, 0x14000000) || Is(0xff000010, 0x54000000) || Is(0x7c000000, 0x34000000)
        || Is(0xfffffc1f, 0xd61f0000) || Is(0xfffffc1f, 0xd63f0000) || Is(0xfffffc1f, 0xd65f0000);

    // Immediates; registers; floating point and vectors, whose results may go to a general register.
    private bool IsDataProcessing => Is(0x1c000000, 0x10000000) || Is(0x0e000000, 0x0a000000) || Is(0x0e000000, 0x0e000000);

    // Additions and logic of immediates write the stack pointer where others have the zero register, unless they set the flags.
    private uint ResultOfDataProcessing
    {
        get
        {
            // Conditional comparisons have flags where others have their result.
            if (Is(0x1fe00000, 0x1a400000)) return 0;
            bool setsFlags = Is(0x20000000, 0x20000000);
            bool isAddition = Is(0x1f000000, 0x11000000) || Is(0x1fe00000, 0x0b200000);
            bool isLogic = Is(0x1f800000, 0x12000000);
            bool isTagging = Is(0xffe0fc00, 0x9ac01000);
            bool mayBeStackPointer = (isAddition && !setsFlags) || (isLogic && !Is(0x60000000, 0x60000000)) || isTagging;
            return mayBeStackPointer ? Bit(word) : BitOfResult;
        }
    }

    // Pairs; one register, with an offset of any kind. Not exclusives, atomics, literals, structures.
    private bool IsKnownMemoryAccess => IsPair || Is(0x3b000000, 0x39000000) || Is(0x3b200000, 0x38000000) || Is(0x3b200c00, 0x38200800);

    private bool IsPair => Is(0x3a000000, 0x28000000);

    private bool IsWritingBack => IsPair ? (word & (1 << 23)) != 0 : Is(0x3b200400, 0x38000400);

    private uint LoadedRegisters
    {
        get
        {
            bool isVector = (word & (1 << 26)) != 0;
            if (isVector) return 0;
            if (IsPair) return (word & (1 << 22)) != 0 ? BitOfResult | BitOfSecondResult : 0;
            return (word & (3 << 22)) != 0 ? BitOfResult : 0;
        }
    }

    // pacia1716 and the like write x17; those of the return address are in one row of the hints, xpaclri in another.
    private bool IsSigning => Is(0xffffff1f, 0xd503231f) || word == 0xd50320ff;

    private uint BitOfResult => Bit(word) & ~(1u << StackPointer);

    private uint BitOfSecondResult => Bit(word >> 10) & ~(1u << StackPointer);

    private static uint Bit(uint register) => 1u << (int)(register & 31);

    private bool Is(uint mask, uint value) => (word & mask) == value;

    private int SignedField(int start, int width) => (int)(word << (32 - start - width)) >> (32 - width) << 2;
}
