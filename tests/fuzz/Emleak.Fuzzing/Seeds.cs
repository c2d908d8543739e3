using System.Reflection;

namespace Emleak.Fuzzing;

/// <summary>Inputs that are kept: well-formed ones to start from, and those that once ended wrongly.</summary>
/// <param name="assembly">Has them as resources, named TARGET/FILE.</param>
public sealed class Seeds(Assembly assembly)
{
    /// <summary>The names of a target's inputs.</summary>
    public IReadOnlyList<string> Of(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith(target.Name + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>An input by its name.</summary>
    public byte[] Read(string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException("no such seed", name);
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
