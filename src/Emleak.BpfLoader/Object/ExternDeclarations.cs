using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Externs: variables and functions that the object declares and does not define. Their BTF lists them by two sections
/// that the file does not have, <c>.kconfig</c> and <c>.ksyms</c>.
/// </summary>
internal static class ExternDeclarations
{
    public const string Configuration = ".kconfig";
    public const string Symbols = ".ksyms";

    private const uint ReadOnlyToProgram = 1 << 7;
    private const uint MaxConfigurationBytes = 1 << 20;

    /// <summary>Gives the externs by name, and adds the map of the configuration values to <paramref name="maps"/>.</summary>
    public static Dictionary<string, ExternSpec> Read(ObjectFile file, Dictionary<string, MapSpec> maps)
    {
        Dictionary<string, ExternSpec> externs = new(StringComparer.Ordinal);
        if (file.Btf is not { } types) return externs;
        HashSet<string> strong = new(StringComparer.Ordinal);
        foreach (ObjectSymbol symbol in file.Symbols)
        {
            if (symbol.Section == 0 && !symbol.IsWeak) strong.Add(symbol.Name);
        }

        foreach (BtfType declared in Declared(types, Symbols)) Add(externs, ReadSymbol(types, declared, strong));
        List<ExternSpec> values = [];
        foreach (BtfType declared in Declared(types, Configuration))
        {
            if (declared.Kind != BtfKind.Variable) throw Problem(Configuration, $"lists type {declared.Id}, a {declared.Kind}");
            string name = NameOf(types, declared);
            ExternSpec value = new(name, ExternKind.Configuration, !strong.Contains(name), declared.Target);
            Add(externs, value);
            values.Add(value);
        }

        if (values.Count > 0 && !maps.TryAdd(Configuration, LayOut(types, values))) throw Problem(Configuration, "the file has a section of this name");
        return externs;
    }

    public static string NameOf(BtfTypes types, in BtfType type) => ObjectFile.DecodeName(types.GetString(type.NameOffset), Symbols);

    private static List<BtfType> Declared(BtfTypes types, string section)
    {
        List<BtfType> declared = [];
        if (!types.TryFind(section, BtfKind.DataSection, out BtfType list)) return declared;
        for (int i = 0; i < list.Count; i++)
        {
            BtfType type = types[types.GetSectionVariable(list, i).Type];
            if (type.Kind is not (BtfKind.Variable or BtfKind.Function)) throw Problem(section, $"lists type {type.Id}, a {type.Kind}");
            declared.Add(type);
        }

        return declared;
    }

    private static ExternSpec ReadSymbol(BtfTypes types, in BtfType declared, HashSet<string> strong)
    {
        ExternKind kind = declared.Kind == BtfKind.Function ? ExternKind.Function
            : types.Resolve(declared.Target).Kind == BtfKind.Void ? ExternKind.Address
            : ExternKind.Variable;
        string name = NameOf(types, declared);
        return new ExternSpec(name, kind, !strong.Contains(name), declared.Target);
    }

    private static void Add(Dictionary<string, ExternSpec> externs, ExternSpec one)
    {
        if (!externs.TryAdd(one.Name, one)) throw Problem(Symbols, $"two externs are named {one.Name}");
    }

    /// <summary>Where the values lie is the loader's choice; this is the one that libbpf makes, so that both give the same programs.</summary>
    private static MapSpec LayOut(BtfTypes types, List<ExternSpec> values)
    {
        List<(ExternSpec Value, int Alignment, uint Size)> sized =
            [.. values.Select(value => (value, types.AlignmentOf(value.Type), types.SizeOf(value.Type)))];
        sized.Sort(static (left, right) =>
            left.Alignment != right.Alignment ? right.Alignment.CompareTo(left.Alignment)
            : left.Size != right.Size ? left.Size.CompareTo(right.Size)
            : string.CompareOrdinal(left.Value.Name, right.Value.Name));
        Dictionary<string, VariableSpec> variables = new(StringComparer.Ordinal);
        ulong end = 0;
        foreach ((ExternSpec value, int alignment, uint size) in sized)
        {
            ulong offset = (end + (uint)alignment - 1) / (uint)alignment * (uint)alignment;
            end = offset + size;
            if (end > MaxConfigurationBytes) throw Problem(Configuration, $"values of more than {MaxConfigurationBytes} bytes");
            variables[value.Name] = new VariableSpec(value.Name, (int)offset, (int)size, value.Type);
        }

        if (end == 0) throw Problem(Configuration, "values without size");
        types.TryFind(Configuration, BtfKind.DataSection, out BtfType section);
        return new MapSpec(Configuration)
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = (uint)end,
            MaxEntries = 1,
            Flags = ReadOnlyToProgram,
            ValueType = section.Id,
            Content = MapContent.KernelConfiguration,
            InitialValue = new byte[end],
            Variables = variables,
        };
    }

    private static MalformedDataException Problem(string section, string problem) => new(section, 0, problem);
}
