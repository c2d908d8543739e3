using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Maps that are declared as variables of the <c>.maps</c> section: the variable's type says everything, by the types of
/// its members (<c>__uint(name, value)</c> is a pointer to an array of that many elements, <c>__type(name, T)</c> a pointer to T).
/// </summary>
internal sealed class MapDeclarations
{
    private const string SectionName = ".maps";
    private const string LegacySectionName = "maps";
    private const uint NumaNodeFlag = 1 << 2;

    private readonly BtfTypes _types;
    private readonly List<MapSlots> _slots = [];

    private MapDeclarations(BtfTypes types) => _types = types;

    /// <summary>Maps by name, and their names by place in the section.</summary>
    public static Dictionary<ulong, string> Read(ObjectFile file, Dictionary<string, MapSpec> maps)
    {
        Dictionary<ulong, string> places = [];
        if (file.FindSection(LegacySectionName) is { Size: not 0 })
        {
            throw new MalformedDataException(LegacySectionName, 0, "maps in the style of struct bpf_map_def are not supported: declare them in .maps");
        }

        if (file.FindSection(SectionName) is not { Size: not 0 } section) return places;
        if (file.Btf is not { } types || !types.TryFind(SectionName, BtfKind.DataSection, out BtfType declared))
        {
            throw new MalformedDataException(SectionName, 0, "the types of the maps are missing: compile with -g");
        }

        Dictionary<string, ObjectSymbol> symbols = new(StringComparer.Ordinal);
        foreach (ObjectSymbol symbol in file.SymbolsOf(section)) symbols[symbol.Name] = symbol;
        MapDeclarations declarations = new(types);
        for (int i = 0; i < declared.Count; i++)
        {
            BtfType variable = types[types.GetSectionVariable(declared, i).Type];
            string name = ObjectFile.DecodeName(types.GetString(variable.NameOffset), SectionName);
            if (!symbols.TryGetValue(name, out ObjectSymbol symbol)) throw new MalformedDataException(SectionName, 0, $"map {name} has no symbol");
            if (!maps.TryAdd(name, declarations.ReadMap(name, variable, symbol))) throw new MalformedDataException(SectionName, 0, $"two maps are named {name}");
            places[symbol.Offset] = name;
        }

        MapSlots.Fill(file, section, declarations._slots, places);
        return places;
    }

    private MapSpec ReadMap(string name, in BtfType variable, in ObjectSymbol symbol)
    {
        BtfType definition = variable.Kind == BtfKind.Variable ? _types.Resolve(variable.Target) : default;
        MapSpec map = ReadDefinition(name, definition);
        if (definition.Count == 0) return map;
        BtfMember last = _types.GetMember(definition, definition.Count - 1);
        if (!IsNamed(last, "values")) return map;
        ReadInnerMap(map, last.Type);
        _slots.Add(new MapSlots(map, symbol.Offset + last.ByteOffset, symbol.Offset + symbol.Size));
        return map;
    }

    private MapSpec ReadDefinition(string name, in BtfType definition)
    {
        if (definition.Kind != BtfKind.Struct) throw new MalformedDataException(SectionName, 0, $"map {name} is not declared by a structure");
        MapSpec map = new(name);
        for (int i = 0; i < definition.Count; i++)
        {
            BtfMember member = _types.GetMember(definition, i);
            if (IsNamed(member, "values") && i == definition.Count - 1) continue;
            ReadMember(map, ObjectFile.DecodeName(_types.GetString(member.NameOffset), SectionName), member.Type);
        }

        if (map.Type == BpfMapType.Unspec) throw new MalformedDataException(SectionName, 0, $"map {name} does not say its type");
        return map;
    }

    private bool IsNamed(in BtfMember member, string name) =>
        ObjectFile.DecodeName(_types.GetString(member.NameOffset), SectionName) == name;

    /// <summary>Values are declared by <c>__array(values, T)</c>, a flexible array of pointers to T: inner maps, or programs.</summary>
    private void ReadInnerMap(MapSpec map, BtfTypeId values)
    {
        BtfType array = _types.Resolve(values);
        BtfType pointer = array.Kind == BtfKind.Array ? _types.Resolve(_types.GetArray(array).Element) : default;
        if (pointer.Kind != BtfKind.Pointer) throw Problem(map, "values", "is not declared by __array");
        map.ValueSize = SameSize(map, "values", map.ValueSize, sizeof(uint));
        BtfType value = _types.Resolve(pointer.Target);
        switch (map.Type)
        {
            case BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps:
                map.InnerMap = ReadDefinition($"{map.Name}.inner", value);
                break;
            case BpfMapType.ProgArray when value.Kind == BtfKind.FunctionPrototype:
                break;
            default:
                throw Problem(map, "values", $"of a {map.Type} map cannot be of kind {value.Kind}");
        }
    }

    private void ReadMember(MapSpec map, string member, BtfTypeId type)
    {
        switch (member)
        {
            case "type":
                map.Type = (BpfMapType)Number(map, member, type);
                break;
            case "max_entries":
                map.MaxEntries = Number(map, member, type);
                break;
            case "map_flags":
                map.Flags |= Number(map, member, type);
                break;
            case "map_extra":
                map.Extra = LongNumber(map, member, type);
                break;
            case "numa_node":
                map.NumaNode = Number(map, member, type);
                map.Flags |= NumaNodeFlag;
                break;
            case "key":
                map.KeyType = Pointed(map, member, type).Id;
                map.KeySize = SameSize(map, member, map.KeySize, _types.SizeOf(map.KeyType));
                break;
            case "value":
                map.ValueType = Pointed(map, member, type).Id;
                map.ValueSize = SameSize(map, member, map.ValueSize, _types.SizeOf(map.ValueType));
                break;
            case "key_size":
                map.KeySize = SameSize(map, member, map.KeySize, Number(map, member, type));
                break;
            case "value_size":
                map.ValueSize = SameSize(map, member, map.ValueSize, Number(map, member, type));
                break;
            case "pinning":
                map.IsPinnedByName = IsPinned(map, Number(map, member, type));
                break;
            default:
                throw Problem(map, member, "is not supported");
        }
    }

    private static bool IsPinned(MapSpec map, uint value) =>
        value <= 1 ? value == 1 : throw Problem(map, "pinning", $"{value} is not known");

    private static uint SameSize(MapSpec map, string member, uint known, uint size) =>
        known == 0 || known == size ? size : throw Problem(map, member, $"says {size} bytes, and another member {known}");

    private BtfType Pointed(MapSpec map, string member, BtfTypeId type)
    {
        BtfType pointer = _types.Resolve(type);
        if (pointer.Kind != BtfKind.Pointer) throw Problem(map, member, "is not declared by __type or __uint");
        return _types[pointer.Target];
    }

    private uint Number(MapSpec map, string member, BtfTypeId type)
    {
        ulong value = LongNumber(map, member, type);
        return value <= uint.MaxValue ? (uint)value : throw Problem(map, member, "does not fit 32 bits");
    }

    // __uint makes a pointer to an array, __ulong an enumeration of one value.
    private ulong LongNumber(MapSpec map, string member, BtfTypeId type)
    {
        BtfType declared = _types.Resolve(type);
        if (declared.IsEnum && declared.Count == 1) return unchecked((ulong)_types.GetEnumerator(declared, 0).Value);
        BtfType target = Pointed(map, member, type);
        if (target.Kind == BtfKind.Array) return _types.GetArray(target).Count;
        throw Problem(map, member, "is not declared by __uint or __ulong");
    }

    private static MalformedDataException Problem(MapSpec map, string member, string problem) =>
        new(SectionName, 0, $"map {map.Name}: {member} {problem}");
}
