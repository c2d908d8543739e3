namespace Emleak.Symbols.Dwarf;

/// <summary>What to do next on the way through an entry.</summary>
internal enum ScanStepKind : byte
{
    /// <summary>Pass over a known number of bytes.</summary>
    Skip,
    SkipLeb128,
    SkipString,

    /// <summary>Pass over a value of any form; one of an unknown form cannot be passed.</summary>
    SkipValue,
    ReadLowPc,
    ReadHighPc,
    ReadRanges,
    ReadSibling,
}
