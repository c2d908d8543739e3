namespace Emleak.Symbols.Dwarf;

/// <summary>What a unit describes (DWARF 5, section 7.5.1). Before version 5 all units in <c>.debug_info</c> count as compilations.</summary>
internal enum UnitKind : byte
{
    Compile = 1,
    Type = 2,
    Partial = 3,
    Skeleton = 4,
    SplitCompile = 5,
    SplitType = 6,
}
