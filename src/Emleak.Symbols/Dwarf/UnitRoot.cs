using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>What the first entry of a unit says about the unit, as stored.</summary>
[StructLayout(LayoutKind.Auto)]
internal record struct UnitRoot
{
    public AttributeValue LowPc { readonly get; private set; }

    public AttributeValue HighPc { readonly get; private set; }

    public AttributeValue Ranges { readonly get; private set; }

    public AttributeValue LineProgram { readonly get; private set; }

    public AttributeValue CompilationFolder { readonly get; private set; }

    public AttributeValue StringOffsetsBase { readonly get; private set; }

    public AttributeValue AddressBase { readonly get; private set; }

    public AttributeValue RangeListsBase { readonly get; private set; }

    /// <summary>The file that has the split unit, in a skeleton.</summary>
    public AttributeValue SplitName { readonly get; private set; }

    /// <summary>What ties a skeleton to its split unit, before version 5.</summary>
    public AttributeValue SplitId { readonly get; private set; }

    /// <summary>Where the ranges of the split unit count from, before version 5.</summary>
    public AttributeValue SplitRangesBase { readonly get; private set; }

    /// <exception cref="Emleak.Elf.MalformedDataException">The entry is corrupt.</exception>
    public static UnitRoot Read(AttributeReader reader)
    {
        UnitRoot root = default;
        while (reader.Next(out DwarfAttribute attribute, out AttributeValue value))
        {
            root.Keep(attribute, value);
        }

        return root;
    }

    private void Keep(DwarfAttribute attribute, AttributeValue value)
    {
        switch (attribute)
        {
            case DwarfAttribute.LowPc: LowPc = value; break;
            case DwarfAttribute.HighPc: HighPc = value; break;
            case DwarfAttribute.Ranges: Ranges = value; break;
            case DwarfAttribute.LineProgram: LineProgram = value; break;
            case DwarfAttribute.CompilationFolder: CompilationFolder = value; break;
            case DwarfAttribute.StringOffsetsBase: StringOffsetsBase = value; break;
            case DwarfAttribute.AddressBase or DwarfAttribute.GnuAddressBase: AddressBase = value; break;
            case DwarfAttribute.RangeListsBase: RangeListsBase = value; break;
            case DwarfAttribute.SplitName or DwarfAttribute.GnuSplitName: SplitName = value; break;
            case DwarfAttribute.GnuSplitId: SplitId = value; break;
            case DwarfAttribute.GnuRangesBase: SplitRangesBase = value; break;
        }
    }
}
