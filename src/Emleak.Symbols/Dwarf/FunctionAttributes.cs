using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>What the entry of a function or of an inlined call says, as stored.</summary>
[StructLayout(LayoutKind.Auto)]
internal record struct FunctionAttributes
{
    public AttributeValue Name { readonly get; private set; }

    public AttributeValue LinkageName { readonly get; private set; }

    /// <summary>The entry that says the rest: the abstract function, or the declaration.</summary>
    public AttributeValue Origin { readonly get; private set; }

    public AttributeValue LowPc { readonly get; private set; }

    public AttributeValue Ranges { readonly get; private set; }

    /// <summary>Index of the file that an inlined call is in, in the table of the unit's line program.</summary>
    public ulong CallFile { readonly get; private set; }

    public ulong CallLine { readonly get; private set; }

    public ulong CallColumn { readonly get; private set; }

    /// <exception cref="Emleak.Elf.MalformedDataException">The entry is corrupt.</exception>
    public static FunctionAttributes Read(AttributeReader reader)
    {
        FunctionAttributes found = default;
        while (reader.Next(out DwarfAttribute attribute, out AttributeValue value))
        {
            found.Keep(attribute, value);
        }

        return found;
    }

    private void Keep(DwarfAttribute attribute, AttributeValue value)
    {
        switch (attribute)
        {
            case DwarfAttribute.Name: Name = value; break;
            case DwarfAttribute.LinkageName or DwarfAttribute.MipsLinkageName: LinkageName = value; break;
            case DwarfAttribute.AbstractOrigin: Origin = value; break;
            case DwarfAttribute.Specification when !Origin.IsPresent: Origin = value; break;
            case DwarfAttribute.LowPc: LowPc = value; break;
            case DwarfAttribute.Ranges: Ranges = value; break;
            case DwarfAttribute.CallFile: CallFile = value.Raw; break;
            case DwarfAttribute.CallLine: CallLine = value.Raw; break;
            case DwarfAttribute.CallColumn: CallColumn = value.Raw; break;
        }
    }
}
