using Emleak.Elf;
using Emleak.Symbols.Dwarf.Lines;
using Emleak.Symbols.Dwarf.Split;

namespace Emleak.Symbols.Dwarf;

/// <summary>Works out the tables of units, one after the other, with the same buffers.</summary>
internal sealed class UnitTablesBuilder(DwarfUnits units, SplitUnits splits)
{
    private readonly DwarfUnits _units = units;
    private readonly SplitUnits _splits = splits;
    private readonly ScopeBuffers _scopes = new();
    private readonly LineTableBuilder _lines = new(units.Sections.Code);

    public UnitTables Build(int index)
    {
        try
        {
            Unit unit = _units[index];
            LineTable? lines = BuildLines(unit, out string? lineProblem);

            // A skeleton keeps the lines; the functions are in the unit that it stands for.
            SplitUnit? split = FindSplit(unit, out string? splitProblem);
            unit = split?.Unit ?? unit;
            ScopeTable? scopes = BuildScopes(unit, out string? problem);
            return new UnitTables(unit, split, scopes, lines, splitProblem ?? problem ?? lineProblem);
        }
        catch (MalformedDataException corrupt)
        {
            return new UnitTables(null, null, null, null, corrupt.Message);
        }
    }

    private SplitUnit? FindSplit(Unit unit, out string? problem)
    {
        try
        {
            return _splits.Find(unit, out problem);
        }
        catch (MalformedDataException corrupt)
        {
            problem = corrupt.Message;
            return null;
        }
    }

    private ScopeTable? BuildScopes(Unit unit, out string? problem)
    {
        try
        {
            problem = null;
            return ScopeWalker.Build(unit, _scopes);
        }
        catch (MalformedDataException corrupt)
        {
            problem = corrupt.Message;
            return null;
        }
    }

    private LineTable? BuildLines(Unit unit, out string? problem)
    {
        try
        {
            problem = null;
            AttributeValue program = unit.Root.LineProgram;
            return program.IsPresent ? LineProgram.Run(unit, program.Raw, _lines) : null;
        }
        catch (MalformedDataException corrupt)
        {
            problem = corrupt.Message;
            return null;
        }
    }
}
