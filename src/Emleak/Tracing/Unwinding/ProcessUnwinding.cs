using System.Runtime.InteropServices;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Elf;
using Emleak.Probes;
using Emleak.Symbols;
using Emleak.Symbols.Process;
using Emleak.Symbols.Unwind;
using Emleak.Tracing.Records;
using FileTable = Emleak.Symbols.Unwind.UnwindTable;
using UnwindRule = Emleak.Tracing.Records.UnwindRule;

namespace Emleak.Tracing.Unwinding;

/// <summary>What the programs know of the process's code: the unwind tables of its files, and where these are mapped.</summary>
internal sealed class ProcessUnwinding : IDisposable
{
    private const string Areas = "unwind_areas";

    private static readonly UnwindTableCache TablesOfFiles = ProbePlanner.Tables;

    private readonly BpfMap _areas;
    private readonly BpfMap _currentCode;
    private readonly MappedArray<UnwindRule> _ruleMemory;
    private readonly RuleTable _rules;
    private readonly Dictionary<FileIdentity, PlacedTable[]> _tables = [];
    private CodeMapping[] _mappings = [];
    private bool _isFirst = true;
    private uint _nextArea;
    private ulong _generation;

    /// <param name="maps">Those of the programs.</param>
    public ProcessUnwinding(IReadOnlyDictionary<string, BpfMap> maps)
    {
        _areas = maps[Areas];
        _currentCode = maps["current_code"];
        _ruleMemory = maps["unwind_rules"].MapMemory<UnwindRule>();
        _rules = new RuleTable(_ruleMemory);
    }

    /// <summary>Bytes of kernel memory that the tables take.</summary>
    public long TableBytes { get; private set; }

    /// <summary>Files whose code has no rows because there was no room for them.</summary>
    public int RefusedFiles { get; private set; }

    /// <summary>Tells the programs how to walk, before they are loaded.</summary>
    public static void Prepare(BpfObject spec, StackWalk walk, int maxDepth, int maxStacks)
    {
        // Number 0 is for those that find no room.
        uint numbers = (uint)maxStacks + 1;
        spec.SetConstant("max_stacks", numbers);
        foreach (string map in (string[])["stacks", "stack_numbers", "totals"]) spec.Maps[map].MaxEntries = numbers;

        spec.SetConstant("max_depth", (uint)maxDepth);
        // Where there is no room for tables, the kernel walks by frame pointers.
        if (!spec.Maps.ContainsKey(Areas)) return;
        spec.SetConstant("uses_rows", walk != StackWalk.FramePointer);
        spec.SetConstant("uses_frame_pointers", walk != StackWalk.Rows);
    }

    /// <summary>Lets the programs know the code of the process as it is mapped now.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    /// <returns>True when something has changed.</returns>
    public bool Update(Symbolizer symbolizer)
    {
        (IReadOnlyList<ProcessModule> modules, MemoryImage? vdso) = (symbolizer.Modules, symbolizer.Vdso);
        Task published = AddTables(modules, vdso);
        List<CodeMapping> mappings = [];
        foreach (ProcessModule module in modules)
        {
            if (!_tables.TryGetValue(module.Identity, out PlacedTable[]? tables)) continue;
            foreach (MemoryMapping mapping in module.Mappings) AddMappings(mappings, mapping, tables);
        }

        if (vdso is not null && _tables.TryGetValue(default, out PlacedTable[]? ofVdso)) AddMappings(mappings, vdso.Mapping, ofVdso);
        // What leads to the tables may be there before them only while nobody walks.
        if (!_isFirst) published.GetAwaiter().GetResult();
        bool hasChanged = Publish(mappings);
        published.GetAwaiter().GetResult();
        return hasChanged;
    }

    public void Dispose() => _ruleMemory.Dispose();

    // Gives the work that is left to do for tables that are new.
    private Task AddTables(IReadOnlyList<ProcessModule> modules, MemoryImage? vdso)
    {
        List<(FileIdentity File, CodeSegment Segment, UnwindTable Table)> added = [];
        // It is in no file, and has the identity of none.
        if (_isFirst && vdso is not null) Collect(added, default, vdso.Image, FileTable.Read(vdso.Image));
        foreach (ProcessModule module in modules)
        {
            if (module.Image is null || module.Mappings.Count == 0 || _tables.ContainsKey(module.Identity)) continue;
            Collect(added, module.Identity, module.Image, module.GetUnwindTable(TablesOfFiles));
        }

        if (added.Count == 0) return Task.CompletedTask;
        if (_nextArea == _areas.MaxEntries)
        {
            RefusedFiles += added.Select(table => table.File).Distinct().Count();
            return Task.CompletedTask;
        }

        TableArea area = new([.. added.Select(item => item.Table)]);
        uint number = _nextArea++;
        PlacedTable[] placed = [.. added.Select((item, i) => new PlacedTable(item.Segment, item.Table, number, area.FirstChunks[i]))];
        foreach (IGrouping<FileIdentity, PlacedTable> file in placed.Zip(added).GroupBy(pair => pair.Second.File, pair => pair.First))
        {
            _tables[file.Key] = [.. file];
        }

        TableBytes += added.Sum(item => item.Table.Words.Length * sizeof(uint));
        // Beside what follows: this grace period and that of the code map are one.
        return OwnThread.Start(PublishArea);
        void PublishArea()
        {
            using (area) area.Publish(_areas, number);
        }
    }

    private void Collect(List<(FileIdentity File, CodeSegment Segment, UnwindTable Table)> added, FileIdentity file, ElfImage image, FileTable table)
    {
        _tables.Add(file, []);
        foreach ((CodeSegment segment, UnwindTable part) in FileTables.Of(image, table, _rules)) added.Add((file, segment, part));
    }

    // A mapping shows a part of a segment; a segment may be mapped by parts, and more than once.
    private static void AddMappings(List<CodeMapping> mappings, MemoryMapping mapping, PlacedTable[] tables)
    {
        foreach (PlacedTable placed in tables)
        {
            if (placed.Segment.Overlap(mapping) is not (var start, var end, var bias)) continue;
            mappings.Add(new CodeMapping
            {
                Start = start,
                End = end,
                Origin = unchecked(placed.Table.FirstPage + bias),
                Area = placed.Area,
                FirstChunk = placed.FirstChunk,
            });
        }
    }

    private bool Publish(List<CodeMapping> mappings)
    {
        CodeMapping[] sorted = [.. mappings.OrderBy(mapping => mapping.Start).Take(CodeMap.Capacity)];
        if (!_isFirst && MemoryMarshal.AsBytes(sorted.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(_mappings.AsSpan()))) return false;
        CodeMap.Replace(_currentCode, sorted, ++_generation);
        _mappings = sorted;
        _isFirst = false;
        return true;
    }

    private sealed record PlacedTable(CodeSegment Segment, UnwindTable Table, uint Area, uint FirstChunk);
}
