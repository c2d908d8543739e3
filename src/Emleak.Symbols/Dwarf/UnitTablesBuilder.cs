using Emleak.Elf;
using Emleak.Symbols.Dwarf.Lines;

namespace Emleak.Symbols.Dwarf;

/// <summary>Works out the tables of units, one after the other, with the same buffers.</summary>
internal sealed class UnitTablesBuilder(DwarfUnits units)
{
    private readonly DwarfUnits _units = units;
    private readonly ScopeBuffers _scopes = new();
    private readonly LineTableBuilder _lines = new(units.Sections.Code);

    public UnitTables Build(int index)
    {
        try
        {
            Unit unit = _units[index];
            ScopeTable? scopes = BuildScopes(unit, out string? problem);
            LineTable? lines = BuildLines(unit, out string? lineProblem);
            return new UnitTables(unit, scopes, lines, problem ?? lineProblem);
        }
        catch (MalformedDataException corrupt)
        {
            return new UnitTables(null, null, null, corrupt.Message);
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
