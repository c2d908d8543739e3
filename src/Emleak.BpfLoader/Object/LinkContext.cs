using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>What linking needs to know of the object: whom a symbol stands for.</summary>
internal sealed class LinkContext(
    ObjectFile file,
    Dictionary<int, CodeSection> code,
    Dictionary<ulong, string> declaredMaps,
    Dictionary<int, string> dataMaps,
    IReadOnlyDictionary<string, MapSpec> maps,
    IReadOnlyDictionary<string, ExternSpec> externs)
{
    // The kernel refuses programs of more than a million instructions. Every program gets its own copy of what it calls,
    // so without a bound on the sum an object grows with the square of its size.
    private const int MaxLinkedInstructions = 1 << 22;

    private readonly int _declaredMapsSection = file.FindSection(".maps")?.Index ?? -1;
    private readonly Lazy<Dictionary<string, string>> _exceptionCallbacks = new(() => ExceptionCallbacks(file.Btf));

    private int _linked;

    /// <summary>Counts a function that is about to be linked.</summary>
    public void Take(ObjectFunction function)
    {
        _linked += function.Length;
        if (_linked > MaxLinkedInstructions)
        {
            throw new MalformedDataException(function.Section.Name, 0, $"more than {MaxLinkedInstructions} instructions after linking");
        }
    }

    public ObjectSymbol Symbol(ObjectRelocation relocation) => file.Symbols[relocation.Symbol];

    /// <summary>What an undefined symbol stands for, or null when the object defines it, or does not say.</summary>
    public ExternSpec? Extern(in ObjectSymbol symbol) => symbol.Section == 0 ? externs.GetValueOrDefault(symbol.Name) : null;

    /// <summary>Where a value of the kernel's configuration lies in the map of these.</summary>
    public int ConfigurationOffset(ExternSpec value) => maps[ExternDeclarations.Configuration].Variables[value.Name].Offset;

    /// <summary>The declared map at a symbol, or null when the symbol is no map.</summary>
    public string? DeclaredMaps(in ObjectSymbol symbol, long offset)
    {
        if (symbol.Section != _declaredMapsSection) return null;
        return declaredMaps.TryGetValue((ulong)offset, out string? name)
            ? name : throw new MalformedDataException(".maps", offset, "no map is declared here, and one is referred to");
    }

    /// <summary>The data map that a symbol lies in, or null when it lies in none.</summary>
    public string? DataMap(in ObjectSymbol symbol, long offset)
    {
        if (!dataMaps.TryGetValue(symbol.Section, out string? name)) return null;
        // One past the end is a legal address of C.
        if (offset >= 0 && (ulong)offset <= file.Sections[symbol.Section].Size) return name;
        throw new MalformedDataException(name, offset, $"reference to {symbol.Name} outside the section");
    }

    /// <summary>The code section that a symbol lies in.</summary>
    /// <exception cref="MalformedDataException">It lies in none: the reference is to something that is not supported.</exception>
    public CodeSection CodeOf(in ObjectSymbol symbol, ObjectFunction from, ObjectRelocation relocation)
    {
        if (code.TryGetValue(symbol.Section, out CodeSection? section)) return section;
        string what = symbol.Section == 0
            ? $"{symbol.Name}, which the object neither defines nor describes as an extern"
            : $"{symbol.Name} in {file.SectionName(symbol.Section)}";
        throw new MalformedDataException(from.Section.Name, 0, $"{from.Name} refers to {what}, relocation type {relocation.Type}");
    }

    /// <summary>The function that the kernel calls when the program throws, or null.</summary>
    /// <exception cref="MalformedDataException">The object does not have the function that it names.</exception>
    public ObjectFunction? ExceptionCallbackOf(ObjectFunction program)
    {
        if (!_exceptionCallbacks.Value.TryGetValue(program.Name, out string? name)) return null;
        foreach (ObjectFunction function in code.Values.SelectMany(static section => section.Functions))
        {
            if (function.Name == name) return function;
        }

        throw new MalformedDataException(program.Section.Name, 0, $"{program.Name} names {name} to be called for exceptions, which the object does not have");
    }

    // Declaration tags of functions, "exception_callback:NAME".
    private static Dictionary<string, string> ExceptionCallbacks(BtfTypes? types)
    {
        const string Prefix = "exception_callback:";
        Dictionary<string, string> callbacks = new(StringComparer.Ordinal);
        for (uint id = 1; id < types?.Count; id++)
        {
            BtfType tag = types[new BtfTypeId(id)];
            if (tag.Kind != BtfKind.DeclarationTag) continue;
            string text = ObjectFile.DecodeName(types.GetString(tag.NameOffset), ".BTF");
            if (!text.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            BtfType function = types[tag.Target];
            if (function.Kind == BtfKind.Function) callbacks[types.GetName(function)] = text[Prefix.Length..];
        }

        return callbacks;
    }

    public static MalformedDataException Refuse(ObjectFunction function, int slot, string problem) =>
        new(function.Section.Name, ((long)function.Start + slot) * ObjectFile.InstructionSize, $"{function.Name}: {problem}");
}
