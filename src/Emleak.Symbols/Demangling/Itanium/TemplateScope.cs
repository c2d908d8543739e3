namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>Where the template parameters of an outer encoding begin and end, to come back to.</summary>
internal readonly record struct TemplateScope(int FirstLevel, int LevelCount, int FirstParameter, int ParameterCount);
