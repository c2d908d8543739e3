using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>Global variables: every data section becomes an array map of one entry whose value is the section.</summary>
internal static class DataSections
{
    private const string ArenaSection = ".addr_space.1";
    private const uint LeastPage = 4096;
    private const uint ReadOnlyToProgram = 1 << 7;

    // Of the 16 bytes that the kernel has for a map's name one ends it.
    private const int LongestName = 15;
    private const int LeastSuffix = 7;

    // A .bss takes no room in the file: without a bound a few bytes could ask for all memory.
    private const ulong MaxBytes = 64 << 20;

    // Relocations of data are not applied: what a program loads from a map's value is a number to the verifier, never a
    // pointer, so no address would be of use there.

    /// <summary>Adds the maps; gives their names by section index.</summary>
    public static Dictionary<int, string> Read(ObjectFile file, Dictionary<string, MapSpec> maps)
    {
        Dictionary<int, string> names = [];
        ulong total = 0;
        foreach (ElfSection section in file.Sections)
        {
            if (section.Size == 0 || !section.IsAllocated) continue;
            if (section.Name == ArenaSection)
            {
                names[section.Index] = FillArena(file, section, maps);
                continue;
            }

            if (ContentOf(section) is not { } content) continue;
            total += Math.Min(section.Size, MaxBytes + 1);
            if (total > MaxBytes) throw new MalformedDataException(section.Name, 0, $"more than {MaxBytes >> 20} MiB of global variables");
            MapSpec map = ReadSection(file, section, content);
            if (!maps.TryAdd(map.Name, map)) throw new MalformedDataException(section.Name, 0, "two sections have this name");
            names[section.Index] = map.Name;
        }

        return names;
    }

    /// <summary>Variables of the address space that arenas are in lie at the beginning of the object's arena.</summary>
    private static string FillArena(ObjectFile file, ElfSection section, Dictionary<string, MapSpec> maps)
    {
        MapSpec arena = maps.Values.FirstOrDefault(static map => map.Type == BpfMapType.Arena)
            ?? throw new MalformedDataException(section.Name, 0, "variables in an arena, and no map of this type");
        if (section.Size > Math.Min((ulong)arena.MaxEntries * LeastPage, MaxBytes)) throw new MalformedDataException(section.Name, 0, $"more variables than the arena {arena.Name} has room for");
        arena.InitialValue = new byte[section.Size];
        file.GetData(section).CopyTo(arena.InitialValue);
        BtfType declared = default;
        file.Btf?.TryFind(section.Name, BtfKind.DataSection, out declared);
        arena.Variables = ReadVariables(file, section, declared);
        return arena.Name;
    }

    /// <summary>
    /// What tools look for (libbpf's rule): the first bytes of the object's name, then the section's, of which at least seven count. Sections
    /// of an own name (<c>.data.mine</c>) go without.
    /// </summary>
    public static string KernelName(MapSpec map, string objectName)
    {
        if (map.Content == MapContent.Declared || map.Name.IndexOf('.', 1) > 0) return map.Name;
        int suffix = Math.Min(Math.Max(LeastSuffix, map.Name.Length), LongestName);
        return objectName[..Math.Min(objectName.Length, LongestName - suffix)] + map.Name;
    }

    private static MapContent? ContentOf(ElfSection section)
    {
        string name = section.Name;
        bool Is(string prefix) => name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal);
        if (section.Type == ElfSectionType.NoBits) return Is(".bss") ? MapContent.ZeroData : null;
        if (section.Type != ElfSectionType.ProgramBits) return null;
        return Is(".rodata") ? MapContent.ReadOnlyData : Is(".data") ? MapContent.Data : null;
    }

    private static MapSpec ReadSection(ObjectFile file, ElfSection section, MapContent content)
    {
        var value = new byte[section.Size];
        file.GetData(section).CopyTo(value);
        BtfType declared = default;
        file.Btf?.TryFind(section.Name, BtfKind.DataSection, out declared);
        return new MapSpec(section.Name)
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = (uint)value.Length,
            MaxEntries = 1,
            Flags = content == MapContent.ReadOnlyData ? ReadOnlyToProgram : 0,
            ValueType = declared.Id,
            Content = content,
            InitialValue = value,
            Variables = ReadVariables(file, section, declared),
        };
    }

    private static Dictionary<string, VariableSpec> ReadVariables(ObjectFile file, ElfSection section, in BtfType declared)
    {
        Dictionary<string, BtfTypeId> types = new(StringComparer.Ordinal);
        for (int i = 0; i < declared.Count; i++)
        {
            BtfType variable = file.Btf![file.Btf.GetSectionVariable(declared, i).Type];
            types[ObjectFile.DecodeName(file.Btf.GetString(variable.NameOffset), section.Name)] = variable.Id;
        }

        Dictionary<string, VariableSpec> variables = new(StringComparer.Ordinal);
        foreach (ObjectSymbol symbol in file.SymbolsOf(section))
        {
            if (symbol.Kind != ElfSymbolKind.Object) continue;
            if (symbol.Offset > section.Size || symbol.Size > section.Size - symbol.Offset)
            {
                throw new MalformedDataException(section.Name, (long)symbol.Offset, $"variable {symbol.Name} of 0x{symbol.Size:x} bytes");
            }

            types.TryGetValue(symbol.Name, out BtfTypeId type);
            variables[symbol.Name] = new VariableSpec(symbol.Name, (int)symbol.Offset, (int)symbol.Size, type);
        }

        return variables;
    }
}
