namespace Emleak.Bindings;

/// <summary>A fixed-size array: a structure of its own inside the one that has it.</summary>
internal sealed record ArrayModel(string Name, string Element, int Count);
