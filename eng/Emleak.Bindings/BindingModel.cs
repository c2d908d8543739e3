namespace Emleak.Bindings;

/// <summary>Everything that is written, in the order it is written.</summary>
internal sealed class BindingModel
{
    public SortedDictionary<string, RecordModel> Records { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, EnumModel> Enums { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, (string CName, string Type, string Value)> Constants { get; } = new(StringComparer.Ordinal);
}
