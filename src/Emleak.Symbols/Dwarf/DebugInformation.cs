using Emleak.Elf;
using Emleak.Symbols.Dwarf.Lines;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// Finds function, file and line of an address, and the calls that were inlined there, in the DWARF sections of one file. Units are worked
/// out when one of their addresses is first asked for. Safe for concurrent callers.
/// </summary>
internal sealed class DebugInformation
{
    // What was worked out is forgotten beyond this. Callers that sort their addresses need each unit once.
    private const long MaxTableBytes = 1 << 24;

    private readonly Lock _gate = new();
    private readonly DwarfUnits _units;
    private readonly FunctionNames _names;
    private readonly UnitTablesBuilder _builder;
    private readonly Dictionary<int, UnitTables> _tables = [];
    private long _tableBytes;

    /// <exception cref="MalformedDataException">The file has no debug information that can be read.</exception>
    public DebugInformation(ElfImage image)
    {
        _units = new DwarfUnits(new DwarfSections(image));
        _names = new FunctionNames(_units);
        _builder = new UnitTablesBuilder(_units);
        Problem = _units.Problem;
    }

    /// <summary>The first thing that was found to be wrong, or null. It does not keep other units from being used.</summary>
    public string? Problem { get; private set; }

    /// <summary>Finds what is at an address.</summary>
    /// <param name="address">Virtual address as linked.</param>
    /// <param name="found">Emptied, then filled.</param>
    public void Find(ulong address, SourceFrames found)
    {
        found.Clear();
        lock (_gate)
        {
            try
            {
                int unit = _units.Index.Find(address);
                if (unit >= 0) Collect(TablesOf(unit), address, found);
            }
            catch (MalformedDataException corrupt)
            {
                Problem ??= corrupt.Message;
                found.Clear();
            }
        }
    }

    private UnitTables TablesOf(int unit)
    {
        if (_tables.TryGetValue(unit, out UnitTables? known)) return known;
        UnitTables tables = _builder.Build(unit);
        Problem ??= tables.Problem;
        if (_tableBytes > MaxTableBytes)
        {
            _tables.Clear();
            _tableBytes = 0;
        }

        _tables.Add(unit, tables);
        _tableBytes += tables.Size;
        return tables;
    }

    private void Collect(UnitTables tables, ulong address, SourceFrames found)
    {
        LineRow row = default;
        bool hasRow = tables.Lines is not null && tables.Lines.TryFind(address, out row);
        string? file = hasRow ? tables.Lines!.Files.GetPath(row.File) : null;
        (ulong line, ulong column) = (row.Line, row.Column);
        int scope = tables.Scopes?.Find(address) ?? IntervalMap.None;
        if (scope == IntervalMap.None && hasRow) found.Add(null, file, line, column);

        while (scope != IntervalMap.None)
        {
            (int entry, int parent) = tables.Scopes![scope];
            FunctionAttributes attributes = FunctionAttributes.Read(tables.Unit!.OpenEntry(entry));
            found.Add(_names.Find(tables.Unit, attributes), file, line, column);
            if (parent == IntervalMap.None) found.Start = StartOf(tables.Unit, attributes);

            // The caller is at the place of the call.
            file = tables.Lines?.Files.GetPath(attributes.CallFile);
            (line, column) = (attributes.CallLine, attributes.CallColumn);
            scope = parent;
        }
    }

    private static ulong StartOf(Unit unit, FunctionAttributes attributes)
    {
        if (unit.TryGetAddress(attributes.LowPc, out ulong start)) return start;
        if (attributes.Ranges.IsPresent) RangeListReader.Open(unit, attributes.Ranges).Next(out start, out _);
        return start;
    }
}
