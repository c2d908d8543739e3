namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>The arguments that the template parameters of one level stand for: a range of the parameter stack.</summary>
internal record struct TemplateLevel(int Start, int Count);
