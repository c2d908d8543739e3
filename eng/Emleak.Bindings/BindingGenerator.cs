using Emleak.BpfLoader.Btf;

namespace Emleak.Bindings;

/// <summary>C# source for the C types of a BTF blob.</summary>
public static class BindingGenerator
{
    /// <summary>Writes the types and the table of their layouts.</summary>
    /// <exception cref="InvalidDataException">A type does not exist, or cannot be said in C#.</exception>
    /// <exception cref="Elf.MalformedDataException">The blob is inconsistent.</exception>
    public static (string Types, string Layout) Generate(BtfTypes types, BindingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(types);
        ModelBuilder builder = new(types, options);
        foreach (string name in options.Types) builder.AddNamed(name);
        // The kernel's unnamed enumerations number in the thousands and are nobody's concern here.
        if (options.IsObject) builder.AddConstants();
        return (SourceWriter.WriteTypes(builder.Model, options), LayoutWriter.Write(builder.Model, options));
    }
}
