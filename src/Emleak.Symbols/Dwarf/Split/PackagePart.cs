namespace Emleak.Symbols.Dwarf.Split;

/// <summary>What one split unit has of the sections of a package; offsets in the unit count from the starts of its slices.</summary>
internal sealed record PackagePart(PackageSlice Information, PackageSlice Abbreviations, PackageSlice StringOffsets, PackageSlice RangeLists);
