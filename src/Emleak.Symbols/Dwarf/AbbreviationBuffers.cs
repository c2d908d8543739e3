namespace Emleak.Symbols.Dwarf;

/// <summary>What is gathered on the way through a table of abbreviations. Used again for the next one.</summary>
internal sealed class AbbreviationBuffers
{
    public List<Abbreviation> Rows { get; } = [];

    public List<ScanStep> Steps { get; } = [];

    public void Clear()
    {
        Rows.Clear();
        Steps.Clear();
    }
}
