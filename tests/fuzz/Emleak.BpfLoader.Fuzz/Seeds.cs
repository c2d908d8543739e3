using System.Reflection;

namespace Emleak.BpfLoader.Fuzz;

/// <summary>Inputs that are kept: well-formed ones to start from, and those that once ended wrongly.</summary>
public static class Seeds
{
    private static readonly Assembly Assembly = typeof(Seeds).Assembly;

    /// <summary>The names of a target's inputs.</summary>
    public static IReadOnlyList<string> Of(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return [.. Assembly.GetManifestResourceNames().Where(name => name.StartsWith(target.Name + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>An input by its name.</summary>
    public static byte[] Read(string name)
    {
        using Stream stream = Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException("no such seed", name);
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
