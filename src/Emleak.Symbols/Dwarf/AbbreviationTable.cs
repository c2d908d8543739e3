namespace Emleak.Symbols.Dwarf;

/// <summary>The abbreviations that one or more units share: flat arrays, no object for each.</summary>
internal sealed class AbbreviationTable
{
    private readonly Abbreviation[] _rows;
    private readonly ScanStep[] _steps;
    private readonly Dictionary<ulong, int>? _rowOfCode;

    /// <summary>Keeps the rows.</summary>
    /// <param name="rows">The abbreviations.</param>
    /// <param name="steps">The steps of all of them.</param>
    /// <param name="rowOfCode">Where the row of a code is; null when code n is in row n - 1, as compilers have it.</param>
    public AbbreviationTable(Abbreviation[] rows, ScanStep[] steps, Dictionary<ulong, int>? rowOfCode)
    {
        _rows = rows;
        _steps = steps;
        _rowOfCode = rowOfCode;
    }

    public bool TryGet(ulong code, out Abbreviation abbreviation)
    {
        ulong row = code - 1;
        if (_rowOfCode is not null) row = _rowOfCode.TryGetValue(code, out int known) ? (ulong)known : ulong.MaxValue;
        bool exists = row < (ulong)_rows.Length;
        abbreviation = exists ? _rows[row] : default;
        return exists;
    }

    public ReadOnlySpan<ScanStep> Steps(in Abbreviation abbreviation) => _steps.AsSpan(abbreviation.FirstStep, abbreviation.StepCount);
}
