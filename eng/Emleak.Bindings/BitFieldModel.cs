namespace Emleak.Bindings;

/// <summary>A bit field: some bits of a storage field.</summary>
internal sealed record BitFieldModel(string Name, string CName, string Storage, string Type, int Shift, int Width, bool IsSigned);
