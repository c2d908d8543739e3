namespace Emleak.Bindings;

/// <summary>A C# field: an ordinary one, or the storage that bit fields share.</summary>
internal sealed record FieldModel(string Name, string CName, string Type, int Offset, int Size);
