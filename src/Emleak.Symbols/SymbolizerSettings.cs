using Emleak.Symbols.Debuginfo;

namespace Emleak.Symbols;

/// <summary>Where a symbolizer may look.</summary>
public sealed record SymbolizerSettings
{
    /// <summary>The files at hand only.</summary>
    public static SymbolizerSettings Default { get; } = new();

    /// <summary>Where debug files are fetched from that are not at hand; null to fetch none. They are fetched when sources are asked for.</summary>
    public DebuginfodClient? Debuginfod { get; init; }
}
