using Emleak.Elf;
using Emleak.Symbols.Dwarf.Lines;

namespace Emleak.Symbols.Dwarf;

/// <summary>What is worked out for a unit when one of its addresses is first asked for.</summary>
internal sealed class UnitTables
{
    private UnitTables(Unit? unit, string? problem)
    {
        Unit = unit;
        Problem = problem;
    }

    /// <summary>The unit; null when it cannot be read at all.</summary>
    public Unit? Unit { get; }

    /// <summary>The functions; null when their entries are corrupt.</summary>
    public ScopeTable? Scopes { get; private set; }

    /// <summary>The lines; null when the unit has none, or its line program is corrupt.</summary>
    public LineTable? Lines { get; private set; }

    /// <summary>What is wrong with the unit, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Bytes in memory, roughly.</summary>
    public long Size => (Scopes?.Size ?? 0) + (Lines?.Size ?? 0);

    public static UnitTables Build(DwarfUnits units, int index)
    {
        UnitTables tables;
        try
        {
            tables = new UnitTables(units[index], problem: null);
        }
        catch (MalformedDataException corrupt)
        {
            return new UnitTables(unit: null, corrupt.Message);
        }

        tables.BuildScopes();
        tables.BuildLines();
        return tables;
    }

    private void BuildScopes()
    {
        try
        {
            Scopes = ScopeWalker.Build(Unit!);
        }
        catch (MalformedDataException corrupt)
        {
            Problem = corrupt.Message;
        }
    }

    private void BuildLines()
    {
        AttributeValue program = Unit!.Root.LineProgram;
        if (!program.IsPresent) return;
        try
        {
            Lines = LineProgram.Run(Unit, program.Raw);
        }
        catch (MalformedDataException corrupt)
        {
            Problem ??= corrupt.Message;
        }
    }
}
