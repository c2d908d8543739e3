namespace Emleak.Bindings;

/// <summary>A structure or union.</summary>
internal sealed record RecordModel(string Name, string CName, int Size)
{
    public List<FieldModel> Fields { get; } = [];

    public List<BitFieldModel> BitFields { get; } = [];

    public List<ArrayModel> Arrays { get; } = [];

    public List<RecordModel> Nested { get; } = [];

    /// <summary>Flexible arrays: only their offset can be said.</summary>
    public List<FieldModel> Tails { get; } = [];
}
