using System.Text;

namespace Emleak.Bindings;

/// <summary>C names to C# names.</summary>
internal static class CSharpNames
{
    /// <summary><c>map_type</c>, <c>MAP_TYPE</c> and <c>Map_type</c> become <c>MapType</c>.</summary>
    public static string ToPascal(string name)
    {
        StringBuilder text = new();
        foreach (string part in name.Split('_', StringSplitOptions.RemoveEmptyEntries))
        {
            // value_1_2 is not value_12.
            if (text.Length > 0 && char.IsAsciiDigit(text[^1]) && char.IsAsciiDigit(part[0])) text.Append('_');
            text.Append(char.ToUpperInvariant(part[0]));
            bool isUpper = !part.Any(char.IsAsciiLetterLower);
            text.Append(isUpper ? part[1..].ToLowerInvariant() : part[1..]);
        }

        if (text.Length == 0 || char.IsAsciiDigit(text[0])) text.Insert(0, "Value");
        return text.ToString();
    }

    /// <summary>Length of the longest common beginning that ends after an underscore; 0 for a single name.</summary>
    public static int CommonPrefix(IReadOnlyList<string> names)
    {
        if (names.Count < 2) return 0;
        string first = names[0];
        int length = first.Length;
        foreach (string name in names)
        {
            int same = 0;
            while (same < length && same < name.Length && name[same] == first[same]) same++;
            length = same;
        }

        return first.LastIndexOf('_', Math.Max(length - 1, 0)) + 1;
    }
}
