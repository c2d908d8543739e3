using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>Finds what the functions of one file are called; each name is made once.</summary>
internal sealed class FunctionNames(DwarfUnits units)
{
    // An inlined call refers to the abstract function, that to the declaration in its class.
    private const int MaxReferences = 16;

    private readonly DwarfUnits _units = units;
    private readonly Dictionary<ulong, string?> _known = [];

    /// <summary>The name that the linker knows (mangled), or else the name in the source; null when there is neither.</summary>
    /// <param name="unit">The unit of the entry.</param>
    /// <param name="attributes">The entry's attributes.</param>
    /// <exception cref="MalformedDataException">The entry, or one that it refers to, is corrupt.</exception>
    public static string? Find(Unit unit, FunctionAttributes attributes)
    {
        if (unit.GetString(attributes.LinkageName) is { } linkageName) return linkageName;
        string? name = unit.GetString(attributes.Name);
        return unit.TryGetEntry(attributes.Origin, out DwarfUnits? units, out ulong origin) ? units.Names.FindAt(origin) ?? name : name;
    }

    private string? FindAt(ulong position)
    {
        if (_known.TryGetValue(position, out string? known)) return known;
        known = Follow(_units, position);
        _known.Add(position, known);
        return known;
    }

    private static string? Follow(DwarfUnits units, ulong position)
    {
        string? name = null;
        for (int i = 0; i < MaxReferences; i++)
        {
            if (units.FindContaining(position) is not { } unit) break;
            FunctionAttributes attributes = FunctionAttributes.Read(unit.OpenEntry((int)position));
            if (unit.GetString(attributes.LinkageName) is { } linkageName) return linkageName;
            name ??= unit.GetString(attributes.Name);
            if (!unit.TryGetEntry(attributes.Origin, out DwarfUnits? next, out position)) break;
            units = next;
        }

        return name;
    }
}
