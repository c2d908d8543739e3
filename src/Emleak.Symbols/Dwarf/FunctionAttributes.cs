using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>What the entry of a function or of an inlined call says, as stored.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FunctionAttributes
{
    public AttributeValue Name { get; init; }

    public AttributeValue LinkageName { get; init; }

    /// <summary>The entry that says the rest: the abstract function, or the declaration.</summary>
    public AttributeValue Origin { get; init; }

    public AttributeValue LowPc { get; init; }

    public AttributeValue Ranges { get; init; }

    /// <summary>Index of the file that an inlined call is in, in the table of the unit's line program.</summary>
    public ulong CallFile { get; init; }

    public ulong CallLine { get; init; }

    public ulong CallColumn { get; init; }

    /// <exception cref="Emleak.Elf.MalformedDataException">The entry is corrupt.</exception>
    public static FunctionAttributes Read(AttributeReader reader)
    {
        FunctionAttributes found = default;
        while (reader.Next(out DwarfAttribute attribute, out AttributeValue value))
        {
            found = attribute switch
            {
                DwarfAttribute.Name => found with { Name = value },
                DwarfAttribute.LinkageName or DwarfAttribute.MipsLinkageName => found with { LinkageName = value },
                DwarfAttribute.AbstractOrigin => found with { Origin = value },
                DwarfAttribute.Specification when !found.Origin.IsPresent => found with { Origin = value },
                DwarfAttribute.LowPc => found with { LowPc = value },
                DwarfAttribute.Ranges => found with { Ranges = value },
                DwarfAttribute.CallFile => found with { CallFile = value.Raw },
                DwarfAttribute.CallLine => found with { CallLine = value.Raw },
                DwarfAttribute.CallColumn => found with { CallColumn = value.Raw },
                _ => found,
            };
        }

        return found;
    }
}
