namespace Emleak.Bindings;

/// <summary>A structure or union. A packed one may be no multiple of what its members would align to.</summary>
internal sealed record RecordModel(string Name, string CName, int Size, bool IsPacked)
{
    public List<FieldModel> Fields { get; } = [];

    public List<BitFieldModel> BitFields { get; } = [];

    public List<ArrayModel> Arrays { get; } = [];

    public List<RecordModel> Nested { get; } = [];

    /// <summary>Flexible arrays: only their offset can be said.</summary>
    public List<FieldModel> Tails { get; } = [];
}
