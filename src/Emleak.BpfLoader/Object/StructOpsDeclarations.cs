using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Structures of functions that the kernel calls (<c>.struct_ops</c>, <c>.struct_ops.link</c>): each variable there becomes a map,
/// whose value has the variable's data and, by relocations, programs in place of the functions.
/// </summary>
internal static class StructOpsDeclarations
{
    private const int PointerSize = 8;
    private const string LinkSuffix = ".link";

    // BPF_F_LINK of linux/bpf.h.
    private const uint AttachedByLink = 1 << 13;

    // Many variables could lie over each other. The kernel's largest structure of functions has some hundred bytes.
    private const uint MostBytes = 1 << 16;
    private static readonly string[] SectionNames = [".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"];

    public static void Read(ObjectFile file, Dictionary<string, MapSpec> maps)
    {
        foreach (string name in SectionNames)
        {
            if (file.FindSection(name) is not { Size: not 0, Type: ElfSectionType.ProgramBits } section) continue;
            if (file.Btf is not { } types || !types.TryFind(name, BtfKind.DataSection, out BtfType declared))
                throw new MalformedDataException(name, 0, "the types of the variables are missing: compile with -g");
            Dictionary<int, ObjectRelocation> relocations = file.ReadRelocations(section);
            for (int i = 0; i < declared.Count; i++)
            {
                MapSpec map = ReadVariable(file, section, types[types.GetSectionVariable(declared, i).Type], relocations);
                if (!maps.TryAdd(map.Name, map)) throw new MalformedDataException(name, 0, $"two maps are named {map.Name}");
            }
        }
    }

    private static MapSpec ReadVariable(ObjectFile file, ElfSection section, in BtfType variable, Dictionary<int, ObjectRelocation> relocations)
    {
        BtfTypes types = file.Btf!;
        string name = ObjectFile.DecodeName(types.GetString(variable.NameOffset), section.Name);
        BtfType structure = variable.Kind == BtfKind.Variable ? types.Resolve(variable.Target) : default;
        if (structure.Kind != BtfKind.Struct) throw new MalformedDataException(section.Name, 0, $"{name} is no structure");
        ulong start = file.SymbolsOf(section).Where(symbol => symbol.Name == name).Select(static symbol => (ulong?)symbol.Offset).FirstOrDefault()
            ?? throw new MalformedDataException(section.Name, 0, $"{name} has no symbol");
        if (start > section.Size || structure.Size > Math.Min(section.Size - start, MostBytes)) throw new MalformedDataException(section.Name, (long)start, $"{name} ends after the section");
        List<MapSlot> slots = [];
        for (int i = 0; i < structure.Count; i++)
        {
            BtfMember member = types.GetMember(structure, i);
            if (member.ByteOffset + (ulong)types.SizeOf(member.Type) > structure.Size) throw new MalformedDataException(section.Name, (long)start, $"{name} has members beyond its end");
            ulong at = start + member.ByteOffset;
            if (at % PointerSize != 0 || !relocations.TryGetValue((int)(at / PointerSize), out ObjectRelocation relocation)) continue;
            ObjectSymbol function = file.Symbols[relocation.Symbol];
            if (function.Kind != ElfSymbolKind.Function) throw new MalformedDataException(section.Name, (long)at, $"{name} has {function.Name} in it, which is no program");
            slots.Add(new MapSlot((uint)i, function.Name));
        }

        return new MapSpec(name)
        {
            Type = BpfMapType.StructOps,
            KeySize = sizeof(uint),
            ValueSize = structure.Size,
            MaxEntries = 1,
            ValueType = structure.Id,
            InitialValue = file.GetData(section).Slice((int)start, (int)structure.Size).ToArray(),
            InitialSlots = slots,
            Flags = section.Name.EndsWith(LinkSuffix, StringComparison.Ordinal) ? AttachedByLink : 0,
            IsMade = !section.Name.StartsWith('?'),
        };
    }
}
