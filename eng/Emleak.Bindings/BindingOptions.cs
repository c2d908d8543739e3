namespace Emleak.Bindings;

/// <summary>What the command line asks for.</summary>
public sealed record BindingOptions
{
    /// <summary>How to call the program.</summary>
    public const string Usage = """
        usage: Emleak.Bindings object FILE.o   --namespace NS --types a,b,c [options]
               Emleak.Bindings kernel BTF-FILE --namespace NS --types a,b,c [options]
          --out FILE            where the types go (standard output when absent)
          --layout FILE         where to write a table of every field's place, for a test to compare
          --layout-class NAME   the class that holds the table (default Layout)
          --constants NAME      the class that holds the constants of unnamed enumerations (default Constants)
          --rename c=Name,...   C# names that the rules would not give
          --public-enums        enumerations are public, everything else stays internal
          --command TEXT        the command that regenerates the output, for its first line
        """;

    /// <summary>True for the <c>.BTF</c> section of an ELF file, false for a bare BTF file.</summary>
    public required bool IsObject { get; init; }

    /// <summary>The file that is read.</summary>
    public required string Input { get; init; }

    /// <summary>The namespace of what is written.</summary>
    public required string Namespace { get; init; }

    /// <summary>C names of the types to write; what they refer to is written too.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>Where the types go; standard output when null.</summary>
    public string? Output { get; init; }

    /// <summary>Where the table of layouts goes; not written when null.</summary>
    public string? Layout { get; init; }

    /// <summary>The class that holds the table of layouts.</summary>
    public string LayoutClass { get; init; } = "Layout";

    /// <summary>The class that holds the constants.</summary>
    public string ConstantsClass { get; init; } = "Constants";

    /// <summary>C# names by C name.</summary>
    public IReadOnlyDictionary<string, string> Renames { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether enumerations are public.</summary>
    public bool PublicEnums { get; init; }

    /// <summary>The command that regenerates the output.</summary>
    public string Command { get; init; } = "eng/Emleak.Bindings";

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">The arguments do not make sense.</exception>
    public static BindingOptions Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments.Count < 2 || arguments[0] is not ("object" or "kernel")) throw new ArgumentException("what to read?", nameof(arguments));
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        for (int i = 2; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name == "--public-enums") values[name] = "";
            else if (i + 1 < arguments.Count) values[name] = arguments[++i];
            else throw new ArgumentException($"{name} needs a value", nameof(arguments));
        }

        string Required(string name) => values.Remove(name, out string? value)
            ? value : throw new ArgumentException($"{name} is missing", nameof(arguments));
        string? Optional(string name) => values.Remove(name, out string? value) ? value : null;

        BindingOptions options = new()
        {
            IsObject = arguments[0] == "object",
            Input = arguments[1],
            Namespace = Required("--namespace"),
            Types = Split(Required("--types")),
            Output = Optional("--out"),
            Layout = Optional("--layout"),
            LayoutClass = Optional("--layout-class") ?? "Layout",
            ConstantsClass = Optional("--constants") ?? "Constants",
            Renames = Split(Optional("--rename") ?? "").Select(pair => pair.Split('=', 2))
                .ToDictionary(pair => pair[0], pair => pair[^1], StringComparer.Ordinal),
            PublicEnums = Optional("--public-enums") is not null,
            Command = Optional("--command") ?? "eng/Emleak.Bindings",
        };
        if (values.Count != 0) throw new ArgumentException($"{values.Keys.First()} is not known", nameof(arguments));
        return options;
    }

    private static string[] Split(string list) =>
        list.Split([',', '\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
