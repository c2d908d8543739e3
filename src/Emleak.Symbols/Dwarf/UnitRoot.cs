using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>What the first entry of a unit says about the unit, as stored.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UnitRoot
{
    public AttributeValue LowPc { get; init; }

    public AttributeValue HighPc { get; init; }

    public AttributeValue Ranges { get; init; }

    public AttributeValue LineProgram { get; init; }

    public AttributeValue CompilationFolder { get; init; }

    public AttributeValue StringOffsetsBase { get; init; }

    public AttributeValue AddressBase { get; init; }

    public AttributeValue RangeListsBase { get; init; }

    /// <summary>The file that has the split unit, in a skeleton.</summary>
    public AttributeValue SplitName { get; init; }

    /// <summary>What ties a skeleton to its split unit, before version 5.</summary>
    public AttributeValue SplitId { get; init; }

    /// <summary>Where the ranges of the split unit count from, before version 5.</summary>
    public AttributeValue SplitRangesBase { get; init; }

    /// <exception cref="Emleak.Elf.MalformedDataException">The entry is corrupt.</exception>
    public static UnitRoot Read(AttributeReader reader)
    {
        UnitRoot root = default;
        while (reader.Next(out DwarfAttribute attribute, out AttributeValue value))
        {
            root = attribute switch
            {
                DwarfAttribute.LowPc => root with { LowPc = value },
                DwarfAttribute.HighPc => root with { HighPc = value },
                DwarfAttribute.Ranges => root with { Ranges = value },
                DwarfAttribute.LineProgram => root with { LineProgram = value },
                DwarfAttribute.CompilationFolder => root with { CompilationFolder = value },
                DwarfAttribute.StringOffsetsBase => root with { StringOffsetsBase = value },
                DwarfAttribute.AddressBase or DwarfAttribute.GnuAddressBase => root with { AddressBase = value },
                DwarfAttribute.RangeListsBase => root with { RangeListsBase = value },
                DwarfAttribute.SplitName or DwarfAttribute.GnuSplitName => root with { SplitName = value },
                DwarfAttribute.GnuSplitId => root with { SplitId = value },
                DwarfAttribute.GnuRangesBase => root with { SplitRangesBase = value },
                _ => root,
            };
        }

        return root;
    }
}
