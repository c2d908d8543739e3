using Emleak.BpfLoader.Btf;

namespace Emleak.Bindings;

/// <summary>Everything that is written, in the order it is written.</summary>
internal sealed class BindingModel
{
    public SortedDictionary<string, RecordModel> Records { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, EnumModel> Enums { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, (string CName, string Type, string Value)> Constants { get; } = new(StringComparer.Ordinal);

    public static BindingModel Build(BtfTypes types, BindingOptions options)
    {
        ModelBuilder builder = new(types, options);
        foreach (string name in options.Types) builder.AddNamed(name);
        // The kernel's unnamed enumerations number in the thousands and are nobody's concern here.
        if (options.IsObject) builder.AddConstants();
        return builder.Model;
    }
}
