namespace Emleak.Bindings;

/// <summary>An enumeration.</summary>
internal sealed record EnumModel(string Name, string CName, string Underlying, IReadOnlyList<(string Name, string CName, string Value)> Values);
