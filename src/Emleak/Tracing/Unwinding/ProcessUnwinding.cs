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

    /// <summary>Files whose code cannot be walked, or not all of it, because there was no room for their tables.</summary>
    public int RefusedFiles { get; private set; }

    /// <summary>Mappings of code that found no room in the code map: stacks are lost there.</summary>
    public int RefusedMappings { get; private set; }

    /// <summary>Tells the programs how to walk, before they are loaded.</summary>
    public static void Prepare(BpfObject spec, StackWalk walk, int maxDepth, int maxStacks)
    {
        StackTable.Prepare(spec, maxStacks);
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
        Task published = AddTables(symbolizer.Modules, symbolizer.Vdso);
        List<CodeMapping> mappings = [];
        foreach (MemoryMapping mapping in symbolizer.Code)
        {
            if (IsCode(mapping)) AddMapping(mappings, mapping, TablesFor(mapping, symbolizer.Vdso));
        }

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
            foreach (IGrouping<FileIdentity, PlacedTable> file in added.GroupBy(item => item.File, item => new PlacedTable(item.Segment, item.Table, (uint)UnwindLimits.AreaRefused, 0)))
            {
                _tables[file.Key] = [.. file];
                RefusedFiles++;
            }

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

    // Where the trampoline of return probes is, no function was called from. And what lies above has no place in a frame's word.
    private static bool IsCode(MemoryMapping mapping) => mapping.End <= 1UL << (int)FrameBits.AddressBits && mapping.Path is not "[uprobes]";

    private PlacedTable[] TablesFor(MemoryMapping mapping, MemoryImage? vdso)
    {
        bool isKnown = mapping.IsFile || mapping.Start == vdso?.Mapping.Start;
        return isKnown && _tables.TryGetValue(mapping.File, out PlacedTable[]? tables) ? tables : [];
    }

    // A mapping shows a part of a segment; a segment may be mapped by parts, and more than once. Code without tables is code all the same.
    private static void AddMapping(List<CodeMapping> mappings, MemoryMapping mapping, PlacedTable[] tables)
    {
        int before = mappings.Count;
        foreach (PlacedTable placed in tables)
        {
            if (placed.Segment.Overlap(mapping) is not (var start, var end, var bias)) continue;
            mappings.Add(new CodeMapping
            {
                Start = start,
                End = end,
                Origin = unchecked(placed.Table.FirstPage + bias),
                Area = (ushort)placed.Area,
                FirstChunk = placed.FirstChunk,
                Incarnation = (ushort)mapping.Incarnation,
            });
        }

        if (mappings.Count > before) return;
        CodeMapping whole = new() { Start = mapping.Start, End = mapping.End, Area = (ushort)UnwindLimits.AreaNone, Incarnation = (ushort)mapping.Incarnation };
        // Code that is made at run time comes in many pieces.
        bool continues = before > 0 && mappings[^1] is { Area: (ushort)UnwindLimits.AreaNone } last && last.End == whole.Start && last.Incarnation == whole.Incarnation;
        if (continues) mappings[^1] = whole with { Start = mappings[^1].Start };
        else mappings.Add(whole);
    }

    private bool Publish(List<CodeMapping> mappings)
    {
        RefusedMappings = Math.Max(RefusedMappings, mappings.Count - CodeMap.Capacity);
        CodeMapping[] sorted = [.. mappings.OrderBy(mapping => mapping.Start).Take(CodeMap.Capacity)];
        if (!_isFirst && MemoryMarshal.AsBytes(sorted.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(_mappings.AsSpan()))) return false;
        CodeMap.Replace(_currentCode, sorted, ++_generation);
        _mappings = sorted;
        _isFirst = false;
        return true;
    }

    private sealed record PlacedTable(CodeSegment Segment, UnwindTable Table, uint Area, uint FirstChunk);
}
