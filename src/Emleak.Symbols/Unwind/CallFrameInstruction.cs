namespace Emleak.Symbols.Unwind;

/// <summary>Opcodes of call-frame instructions (DWARF 5, 7.24; LSB Core, 10.5.2). The first three have an operand in their lower six bits.</summary>
internal enum CallFrameInstruction : byte
{
    AdvanceLoc = 0x40,
    Offset = 0x80,
    Restore = 0xc0,

    Nop = 0x00,
    SetLoc = 0x01,
    AdvanceLoc1 = 0x02,
    AdvanceLoc2 = 0x03,
    AdvanceLoc4 = 0x04,
    OffsetExtended = 0x05,
    RestoreExtended = 0x06,
    Undefined = 0x07,
    SameValue = 0x08,
    Register = 0x09,
    RememberState = 0x0a,
    RestoreState = 0x0b,
    DefCfa = 0x0c,
    DefCfaRegister = 0x0d,
    DefCfaOffset = 0x0e,
    DefCfaExpression = 0x0f,
    Expression = 0x10,
    OffsetExtendedSf = 0x11,
    DefCfaSf = 0x12,
    DefCfaOffsetSf = 0x13,
    ValOffset = 0x14,
    ValOffsetSf = 0x15,
    ValExpression = 0x16,
    MipsAdvanceLoc8 = 0x1d,

    /// <summary>The return address is signed from here on, with the address of the instruction as a modifier.</summary>
    Aarch64NegateRaStateWithPc = 0x2c,

    /// <summary>The return address is signed from here on, or no more. On SPARC: DW_CFA_GNU_window_save.</summary>
    Aarch64NegateRaState = 0x2d,
    GnuArgsSize = 0x2e,
    GnuNegativeOffsetExtended = 0x2f,
}
