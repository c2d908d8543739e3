using System.Globalization;
using Emleak.BpfLoader.Btf;

namespace Emleak.Bindings;

/// <summary>Enumerations of a BTF blob as C# enumerations.</summary>
internal static class EnumBuilder
{
    /// <param name="types">Where the type is from.</param>
    /// <param name="type">The enumeration.</param>
    /// <param name="name">Its C# name.</param>
    /// <param name="cName">Its C name.</param>
    /// <param name="keepSentinels">False leaves out the "number of values" entries, which change with every kernel.</param>
    public static EnumModel Build(BtfTypes types, in BtfType type, string name, string cName, bool keepSentinels)
    {
        List<BtfEnumerator> rows = [];
        for (int i = 0; i < type.Count; i++) rows.Add(types.GetEnumerator(type, i));
        List<(string CName, string Value)> values = [];
        foreach (BtfEnumerator row in rows) values.Add((types.GetText(row.NameOffset), ValueText(type, row.Value)));
        if (!keepSentinels) values.RemoveAll(row => IsSentinel(row.CName));

        int prefix = CSharpNames.CommonPrefix([.. values.Select(row => row.CName)]);
        List<(string Name, string CName, string Value)> named = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach ((string text, string value) in values)
        {
            string shortName = CSharpNames.ToPascal(text[prefix..]);
            if (!taken.Add(shortName)) throw new InvalidDataException($"enum {cName}: two names become {shortName}");
            named.Add((shortName, text, value));
        }

        return new EnumModel(name, cName, UnderlyingType(type), named);
    }

    public static string UnderlyingType(in BtfType type) => Primitives.NameOf(type.Size, type.KindFlag);

    public static string ValueText(in BtfType type, long value) => type.KindFlag
        ? value.ToString(CultureInfo.InvariantCulture)
        : unchecked((ulong)value).ToString(CultureInfo.InvariantCulture);

    private static bool IsSentinel(string name) =>
        name.StartsWith("__", StringComparison.Ordinal) || name.EndsWith("_MAX", StringComparison.Ordinal);
}
