namespace Emleak.Symbols;

/// <summary>How much is wanted to be known about an address.</summary>
public sealed record SymbolizeOptions
{
    /// <summary>Function names, from symbol tables alone: fast.</summary>
    public static SymbolizeOptions Names { get; } = new();

    /// <summary>Function names, files, lines and inlined calls.</summary>
    public static SymbolizeOptions Sources { get; } = new() { IncludeSources = true };

    /// <summary>
    /// True to read debug information: fills <see cref="Frame.File"/>, <see cref="Frame.Line"/>, <see cref="Frame.Column"/> and
    /// <see cref="Frame.Inlined"/>, and names functions that are in no symbol table.
    /// </summary>
    public bool IncludeSources { get; init; }
}
