using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Dwarf.Lines;
using Emleak.Symbols.Dwarf.Split;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// Finds function, file and line of an address, and the calls that were inlined there, in the DWARF sections of one file and of those that it leads to. Units are worked
/// out when one of their addresses is first asked for. Safe for concurrent callers.
/// </summary>
internal sealed class DebugInformation : IDisposable
{
    // What was worked out is forgotten beyond this. Callers that sort their addresses need each unit once.
    private const long MaxTableBytes = 1 << 24;

    private readonly Lock _gate = new();
    private readonly DwarfUnits _units;
    private readonly UnitIndex _index;
    private readonly SplitUnits _splits;
    private readonly Lazy<ElfImage?> _supplement;
    private readonly UnitTablesBuilder _builder;
    private readonly Dictionary<int, UnitTables> _tables = [];
    private long _tableBytes;
    private bool _isDisposed;

    /// <summary>Reads the headers of the units.</summary>
    /// <param name="image">The file; stays the caller's.</param>
    /// <param name="locations">Where the file is, and then the program that it belongs to; none to look for no other files.</param>
    /// <exception cref="MalformedDataException">The file has no debug information that can be read.</exception>
    public DebugInformation(ElfImage image, IReadOnlyList<FileLocation> locations)
    {
        DwarfSections sections = new(image);
        _supplement = new(() => locations.Count > 0 ? OpenSupplement(image, locations[0]) : null);
        _units = new DwarfUnits(sections, null, new(() => _supplement.Value is { } file ? new DwarfUnits(new DwarfSections(file)) : null));
        _index = UnitIndex.Build(_units);
        _splits = new SplitUnits(sections.Code, locations);
        _builder = new UnitTablesBuilder(_units, _splits);
        Problem = _units.Table.Problem ?? _index.Problem;
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
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                int unit = _index.Find(address);
                if (unit >= 0) Collect(TablesOf(unit), address, found);
            }
            catch (MalformedDataException corrupt)
            {
                Problem ??= corrupt.Message;
                found.Clear();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Forget();
            _splits.Dispose();
            if (_supplement.IsValueCreated) _supplement.Value?.Dispose();
        }
    }

    private ElfImage? OpenSupplement(ElfImage image, FileLocation location)
    {
        ElfImage? file = Supplement.TryOpen(image, location, out string? problem);
        Problem ??= problem;
        return file;
    }

    private void Forget()
    {
        foreach (UnitTables tables in _tables.Values) tables.Dispose();
        _tables.Clear();
        _tableBytes = 0;
    }

    private UnitTables TablesOf(int unit)
    {
        if (_tables.TryGetValue(unit, out UnitTables? known)) return known;
        UnitTables tables = _builder.Build(unit);
        Problem ??= tables.Problem;
        if (_tableBytes > MaxTableBytes)
        {
            Forget();
        }

        _tables.Add(unit, tables);
        _tableBytes += tables.Size;
        return tables;
    }

    private static void Collect(UnitTables tables, ulong address, SourceFrames found)
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
            found.Add(FunctionNames.Find(tables.Unit, attributes), file, line, column);
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
