namespace Emleak.Symbols.Tables;

/// <summary>A function that has one of the names that were looked for.</summary>
/// <param name="Wanted">The name as it was asked for.</param>
/// <param name="Function">What was found.</param>
public sealed record FunctionMatch(string Wanted, FunctionSymbol Function);
