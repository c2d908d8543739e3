using System.Globalization;
using System.Text;
using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

/// <summary>Writes types as C: single declarations, or all of a blob so that a compiler takes them with the same layout.</summary>
public sealed class BtfPrinter
{
    private const int MaxDepth = 64;

    // Types that contain each other many times over print exponentially; the kernel's largest takes some ten thousand.
    private const int MaxLength = 1 << 24;
    private const string Indent = "    ";

    private readonly BtfTypes _types;
    private readonly CNames _names;

    /// <summary>Prepares for types of one blob.</summary>
    public BtfPrinter(BtfTypes types)
    {
        ArgumentNullException.ThrowIfNull(types);
        _types = types;
        _names = new CNames(types);
    }

    /// <summary>A declaration: <c>int (*name[4])(const char *)</c>. Structures without a name are written out in it.</summary>
    /// <exception cref="MalformedDataException">The type is inconsistent, or no C type.</exception>
    public string Declare(BtfTypeId type, string name) => Declare(type, name, 0);

    /// <summary>
    /// A definition, without the semicolon: <c>struct name { ... }</c>, <c>typedef int name</c>, a function's or variable's
    /// declaration; for other types the type's own name.
    /// </summary>
    /// <exception cref="MalformedDataException">The type is inconsistent, or no C type.</exception>
    public string Define(BtfTypeId type)
    {
        BtfType found = _types[type];
        return found.Kind switch
        {
            BtfKind.Struct or BtfKind.Union => Composite(found, 0),
            BtfKind.Enum or BtfKind.Enum64 => Enumeration(found, 0),
            BtfKind.Typedef => "typedef " + Declare(found.Target, _names[type], 0),
            BtfKind.Function or BtfKind.Variable => "extern " + Declare(found.Target, _names[type], 0),
            _ => Declare(type, "", 0),
        };
    }

    /// <summary>All types that have names and are no functions or variables, those first that others need.</summary>
    /// <exception cref="MalformedDataException">The blob is inconsistent.</exception>
    public void WriteAll(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach (BtfTypeId id in new BtfDefinitionOrder(_types).Declared()) writer.WriteLine($"{Tag(_types[id], 0)};");
        foreach (BtfTypeId id in new BtfDefinitionOrder(_types).Defined()) writer.WriteLine($"{Define(id)};");
    }

    private string Declare(BtfTypeId id, string declarator, int depth)
    {
        Check(id, depth, declarator.Length);
        BtfType type = _types[id];
        switch (type.Kind)
        {
            case BtfKind.Pointer:
                BtfKind target = _types.Resolve(type.Target).Kind;
                bool needsBrackets = _types[type.Target].Kind is BtfKind.Array or BtfKind.FunctionPrototype && target is BtfKind.Array or BtfKind.FunctionPrototype;
                return Declare(type.Target, needsBrackets ? $"(*{declarator})" : "*" + declarator, depth + 1);
            case BtfKind.Array:
                BtfArray array = _types.GetArray(type);
                // Written as [0], which GNU C takes in the middle of a structure too, where the kernel has them.
                return Declare(array.Element, $"{declarator}[{array.Count}]", depth + 1);
            case BtfKind.FunctionPrototype:
                return Declare(type.Target, $"{declarator}({Parameters(type, depth)})", depth + 1);
            case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict:
                return Qualify(type, declarator, depth);
            case BtfKind.TypeTag:
                return Declare(type.Target, declarator, depth + 1);
            default:
                string specifier = Tag(type, depth);
                return declarator.Length == 0 ? specifier : $"{specifier} {declarator}";
        }
    }

    /// <summary>A qualifier stands behind the star of a pointer, and before everything else.</summary>
    private string Qualify(in BtfType type, string declarator, int depth)
    {
        string word = type.Kind switch { BtfKind.Const => "const", BtfKind.Volatile => "volatile", _ => "restrict" };
        BtfTypeId target = type.Target;
        for (int step = 0; step < MaxDepth && _types[target].IsModifier && _types[target].Kind != BtfKind.TypeTag; step++)
        {
            if (_types[target].Kind == type.Kind) return Declare(target, declarator, depth + 1);
            target = _types[target].Target;
        }

        bool isOfPointer = _types[target].Kind == BtfKind.Pointer;
        return isOfPointer
            ? Declare(type.Target, declarator.Length == 0 ? word : $"{word} {declarator}", depth + 1)
            : $"{word} {Declare(type.Target, declarator, depth + 1)}";
    }

    private string Parameters(in BtfType prototype, int depth)
    {
        if (prototype.Count == 0) return "void";
        List<string> parameters = [];
        for (int i = 0; i < prototype.Count; i++)
        {
            BtfParameter parameter = _types.GetParameter(prototype, i);
            parameters.Add(parameter.Type == BtfTypeId.Void ? "..." : Declare(parameter.Type, _types.GetText(parameter.NameOffset), depth + 1));
        }

        return string.Join(", ", parameters);
    }

    private string Tag(in BtfType type, int depth)
    {
        bool isNamed = type.NameOffset != 0;
        return type.Kind switch
        {
            BtfKind.Void => "void",
            BtfKind.Struct when isNamed => "struct " + _names[type.Id],
            BtfKind.Union when isNamed => "union " + _names[type.Id],
            BtfKind.Struct or BtfKind.Union => Composite(type, depth),
            BtfKind.Enum or BtfKind.Enum64 => isNamed ? "enum " + _names[type.Id] : Enumeration(type, depth),
            BtfKind.Forward => (type.KindFlag ? "union " : "struct ") + _names[type.Id],
            BtfKind.Integer or BtfKind.Float or BtfKind.Typedef => _names[type.Id],
            _ => throw new MalformedDataException(BtfHeader.Where, 0, $"type {type.Id}, a {type.Kind}, is no C type"),
        };
    }

    private string Composite(in BtfType type, int depth)
    {
        Check(type.Id, depth, 0);
        string margin = Margin(depth);
        StringBuilder text = new();
        text.Append(type.Kind == BtfKind.Union ? "union " : "struct ");
        if (type.NameOffset != 0) text.Append(_names[type.Id]).Append(' ');
        text.Append("{\n");
        CLayout layout = new(_types, type);
        for (int i = 0; i < type.Count; i++)
        {
            BtfMember member = _types.GetMember(type, i);
            foreach (string gap in layout.GapBefore(member)) text.Append(margin).Append(Indent).Append(gap).Append(";\n");
            string width = member.BitSize == 0 ? "" : $" : {member.BitSize}";
            text.Append(margin).Append(Indent).Append(Declare(member.Type, _types.GetText(member.NameOffset), depth + 1)).Append(width).Append(";\n");
            layout.Add(member);
            if (text.Length > MaxLength) throw TooLong(type.Id);
        }

        foreach (string gap in layout.GapAtEnd()) text.Append(margin).Append(Indent).Append(gap).Append(";\n");
        return text.Append(margin).Append('}').Append(layout.Attribute).ToString();
    }

    private string Enumeration(in BtfType type, int depth)
    {
        string margin = Margin(depth);
        StringBuilder text = new("enum ");
        if (type.NameOffset != 0) text.Append(_names[type.Id]).Append(' ');
        // One without names is declared, not defined.
        if (type.Count == 0) return text.ToString().TrimEnd();
        text.Append("{\n");
        for (int i = 0; i < type.Count; i++)
        {
            BtfEnumerator enumerator = _types.GetEnumerator(type, i);
            string value = type.Kind == BtfKind.Enum64 && !type.KindFlag
                ? $"{unchecked((ulong)enumerator.Value)}ULL"
                : enumerator.Value.ToString(CultureInfo.InvariantCulture) + (type.Kind == BtfKind.Enum64 ? "LL" : "");
            text.Append(margin).Append(Indent).Append(_names.OfEnumerator(type, i)).Append(" = ").Append(value).Append(",\n");
        }

        text.Append(margin).Append('}');
        return type.Size is 1 or 2 ? text.Append($" __attribute__((mode({(type.Size == 1 ? "byte" : "HI")})))").ToString() : text.ToString();
    }

    private static string Margin(int depth) => string.Concat(Enumerable.Repeat(Indent, depth));

    private static void Check(BtfTypeId id, int depth, int length)
    {
        if (depth > MaxDepth || length > MaxLength) throw TooLong(id);
    }

    private static MalformedDataException TooLong(BtfTypeId id) =>
        new(BtfHeader.Where, 0, $"type {id} refers to itself, or is too long to be written");
}
