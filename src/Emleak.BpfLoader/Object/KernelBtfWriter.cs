using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Completes an object's BTF to what the kernel accepts: compilers leave the sizes of data sections and the offsets of
/// variables to the linker, which BPF objects never meet.
/// </summary>
internal static class KernelBtfWriter
{
    private const int SizeField = 8;
    private const int InfoField = 4;
    private const int FixedSize = 12;
    private const int VariableSize = 12;
    private const uint CountMask = 0xffff;

    public static byte[] Write(BtfTypes types, ObjectFile file, IReadOnlyDictionary<string, MapSpec> maps)
    {
        byte[] data = types.Data.ToArray();
        HashSet<string> hidden = HiddenFunctions(file);
        HashSet<string> sections = new(StringComparer.Ordinal);
        for (uint id = types.First.Value; id < types.Count; id++)
        {
            BtfType type = types[new BtfTypeId(id)];
            if (type.Kind == BtfKind.DataSection)
            {
                if (!sections.Add(Name(types, type))) throw new MalformedDataException(".BTF", 0, $"describes section {Name(types, type)} twice");
                if (!IsOfExterns(types, type)) CompleteSection(data, types, type, file);
            }
            else if (type.Kind == BtfKind.Function && hidden.Contains(Name(types, type))) MakeStatic(data, types, type);
        }

        return ExternTypes.Complete(data, maps);
    }

    private static bool IsOfExterns(BtfTypes types, in BtfType section) =>
        Name(types, section) is ExternDeclarations.Configuration or ExternDeclarations.Symbols;

    private static void CompleteSection(byte[] data, BtfTypes types, in BtfType type, ObjectFile file)
    {
        CleanName(data, types, type);
        string name = Name(types, type);
        if (file.FindSection(name) is not { } section)
        {
            throw new MalformedDataException(".BTF", 0, $"describes section {name}, which the object does not have");
        }

        if (section.Size > int.MaxValue) throw new MalformedDataException(name, 0, "larger than 2 GiB");
        Dictionary<string, ulong> offsets = new(StringComparer.Ordinal);
        foreach (ObjectSymbol symbol in file.SymbolsOf(section))
        {
            if (symbol.Kind != ElfSymbolKind.Section) offsets.TryAdd(symbol.Name, symbol.Offset);
        }

        var variables = new BtfSectionVariable[type.Count];
        for (int i = 0; i < variables.Length; i++)
        {
            variables[i] = types.GetSectionVariable(type, i);
            string variable = Name(types, types[variables[i].Type]);
            if (!offsets.TryGetValue(variable, out ulong offset)) throw new MalformedDataException(name, 0, $"variable {variable} has no symbol");
            variables[i] = variables[i] with { Offset = unchecked((uint)Math.Min(offset, uint.MaxValue)) };
        }

        // The kernel wants them in order; the compiler writes them as it meets them.
        Array.Sort(variables, (left, right) => left.Offset.CompareTo(right.Offset));
        int rows = types.RowsOffset(type);
        WriteU32(data, rows - FixedSize + SizeField, (uint)section.Size);
        for (int i = 0; i < variables.Length; i++)
        {
            int row = rows + (i * VariableSize);
            WriteU32(data, row, variables[i].Type.Value);
            WriteU32(data, row + 4, variables[i].Offset);
            WriteU32(data, row + 8, variables[i].Size);
        }
    }

    /// <summary>
    /// Functions that no other object can call. The kernel verifies global functions on their own, knowing nothing of
    /// their arguments; static ones in the context of their callers.
    /// </summary>
    private static HashSet<string> HiddenFunctions(ObjectFile file)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ObjectSymbol symbol in file.Symbols)
        {
            if (symbol.Kind == ElfSymbolKind.Function && (symbol.IsLocal || symbol.IsHidden)) names.Add(symbol.Name);
        }

        return names;
    }

    private static void MakeStatic(byte[] data, BtfTypes types, in BtfType function)
    {
        const uint StaticLinkage = 0;
        int at = types.RowsOffset(function) - FixedSize + InfoField;
        uint info = MemoryMarshal.Read<uint>(data.AsSpan(at));
        WriteU32(data, at, (info & ~CountMask) | StaticLinkage);
    }

    // Kernels before 6.11 take letters, digits, underscores and dots in a section's name.
    private static void CleanName(byte[] data, BtfTypes types, in BtfType section)
    {
        Span<byte> name = data.AsSpan(types.StringOffset(section.NameOffset), types.GetString(section.NameOffset).Length);
        foreach (ref byte letter in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'_' or (byte)'.')) letter = (byte)'_';
        }
    }

    private static string Name(BtfTypes types, in BtfType type) => ObjectFile.DecodeName(types.GetString(type.NameOffset), ".BTF");

    private static void WriteU32(byte[] data, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(at), value);
}
