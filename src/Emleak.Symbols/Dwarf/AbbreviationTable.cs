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

    /// <summary>Index of the abbreviation with a code; -1 when there is none.</summary>
    public int Find(ulong code)
    {
        if (_rowOfCode is not null) return _rowOfCode.GetValueOrDefault(code, -1);
        return code - 1 < (ulong)_rows.Length ? (int)(code - 1) : -1;
    }

    public ref readonly Abbreviation this[int index] => ref _rows[index];

    public ReadOnlySpan<ScanStep> Steps(in Abbreviation abbreviation) => _steps.AsSpan(abbreviation.FirstStep, abbreviation.StepCount);
}
