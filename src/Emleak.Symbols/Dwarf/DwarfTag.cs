namespace Emleak.Symbols.Dwarf;

/// <summary>The kinds of entries that are told apart (DWARF 5, section 7.5.3).</summary>
internal enum DwarfTag : ushort
{
    ArrayType = 0x01,
    ClassType = 0x02,
    EnumerationType = 0x04,
    StructureType = 0x13,
    SubroutineType = 0x15,
    UnionType = 0x17,
    InlinedSubroutine = 0x1d,
    Subprogram = 0x2e,
    InterfaceType = 0x38,
    CallSite = 0x48,
    GnuCallSite = 0x4109,
}
