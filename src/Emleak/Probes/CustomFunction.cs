using System.Globalization;

namespace Emleak.Probes;

/// <summary>
/// How the user writes a function of his own: <c>NAME[:size=2,count=1]</c>. The name may be C++'s, with colons of its own.
/// </summary>
internal static class CustomFunction
{
    private const int Places = 6;

    /// <summary>A function that gives blocks.</summary>
    /// <param name="text">The name, and where the arguments are: <c>size</c>, <c>count</c>, <c>ptr</c> (the block that is replaced), <c>out</c>.</param>
    /// <param name="problem">What is wrong; null when nothing is.</param>
    public static AllocatorFunction? Allocating(string text, out string? problem)
    {
        if (!TrySplit(text, ["size", "count", "ptr", "out"], out string name, out Dictionary<string, int> places, out problem)) return null;
        int count = places.GetValueOrDefault("count");
        int block = places.GetValueOrDefault("ptr");
        int result = places.GetValueOrDefault("out");

        // Without a word on it, the size is the first argument that nothing else is said of.
        if (!places.TryGetValue("size", out int size)) size = Enumerable.Range(1, Places).First(place => place != count && place != block && place != result);
        if (size == 0 && (block > 0 || count > 0))
        {
            problem = $"'{text}': size=0 is for functions whose blocks are all of one size, without ptr and count";
            return null;
        }

        if (block > 0 && result > 0)
        {
            problem = $"'{text}': ptr and out do not go together";
            return null;
        }

        FunctionShape shape = block > 0 ? FunctionShape.Reallocate(block, size, count) : FunctionShape.Allocate(size, count, result);
        return new AllocatorFunction(name, shape, FunctionKind.Custom);
    }

    /// <summary>A function that takes blocks back.</summary>
    /// <param name="text">The name, and where the block is: <c>ptr</c>.</param>
    /// <param name="problem">What is wrong; null when nothing is.</param>
    public static AllocatorFunction? Releasing(string text, out string? problem) =>
        TrySplit(text, ["ptr"], out string name, out Dictionary<string, int> places, out problem)
            ? new AllocatorFunction(name, FunctionShape.Release(places.GetValueOrDefault("ptr", 1)), FunctionKind.Custom)
            : null;

    private static bool TrySplit(string text, string[] known, out string name, out Dictionary<string, int> places, out string? problem)
    {
        places = new(StringComparer.Ordinal);
        int colon = FindPlaces(text);
        name = colon < 0 ? text : text[..colon];
        problem = name.Length == 0 ? "a function's name is empty" : null;
        if (colon < 0 || problem is not null) return problem is null;
        foreach (string part in text[(colon + 1)..].Split(','))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals];
            string value = equals < 0 ? "" : part[(equals + 1)..];
            bool isPlace = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int place) && place <= Places && (place > 0 || key == "size");
            if (!known.Contains(key)) problem = $"'{text}': an argument is one of {string.Join(", ", known)}, not '{key}'";
            else if (!isPlace) problem = $"'{text}': {key} takes the place of an argument, 1 to {Places}, not '{value}'";
            else if (!places.TryAdd(key, place)) problem = $"'{text}': {key} is given twice";
            else if (place > 0 && places.Values.Count(other => other == place) > 1) problem = $"'{text}': two of its arguments are at place {place}";
            if (problem is not null) return false;
        }

        return true;
    }

    /// <summary>Where the places begin: behind one colon alone, with a word and a number. "ns::operator==" has none. -1 without.</summary>
    private static int FindPlaces(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 0 || (colon > 0 && text[colon - 1] == ':')) return -1;
        int word = text.AsSpan(colon + 1).IndexOfAnyExceptInRange('a', 'z');
        return word > 0 && text[colon + 1 + word] == '=' ? colon : -1;
    }
}
