using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>Collects a file's records. Every index is checked when it comes: what is referred to stands before.</summary>
/// <param name="header">The header.</param>
/// <param name="limits">How much to take.</param>
internal sealed class RecordTables(Header header, RecordingLimits limits)
{
    private readonly List<Module> _modules = [];
    private readonly List<Function> _functions = [];
    private readonly List<string> _files = [];
    private readonly List<Frame> _frames = [];
    private readonly List<StackNode> _nodes = [];
    private readonly List<short> _depths = [];
    private readonly List<CallStack> _stacks = [];
    private readonly List<Snapshot> _snapshots = [];
    private readonly List<Mark> _marks = [];
    private readonly List<TraceEvent> _events = [];
    private readonly List<Scan> _scans = [];
    private readonly List<Loss> _losses = [];
    private StackColumn[]? _columns;
    private TraceEnding? _end;

    // Of a snapshot that goes on in the next line. If that never comes, there was no such snapshot.
    private Snapshot? _part;
    private int _lastOfPart = -1;
    private StackChanges.Writer? _changes;

    /// <summary>The recording that the records make.</summary>
    public Recording Build()
    {
        Check(_columns is not null, "no columns");
        Check(!header.Probes.Contains(null!) && header.Target.CommandLine?.Any(word => word is null) != true, "header");
        return new Recording
        {
            Header = header,
            Modules = _modules,
            Functions = _functions,
            Frames = _frames,
            Nodes = _nodes,
            Stacks = _stacks,
            Columns = _columns!,
            Snapshots = _snapshots,
            Marks = _marks,
            Events = _events,
            Scans = _scans,
            Losses = _losses,
            End = _end,
        };
    }

    public void SetColumns(string[] names)
    {
        Check(_columns is null, "columns twice");
        _columns = SnapshotCoding.ColumnsOf(names);
        Check(_columns.Length > 0, "columns");
    }

    public void Add(Module[] modules)
    {
        Check(_modules.Count + modules.Length <= limits.Entries && Array.TrueForAll(modules, module => module?.Ranges?.Contains(null!) != true && module is not null), "modules");
        _modules.AddRange(modules.Select(module => module.Ranges is null ? module with { Ranges = [] } : module));
    }

    public void AddFiles(string[] files)
    {
        Check(_files.Count + files.Length <= limits.Entries && Array.TrueForAll(files, file => file is not null), "files");
        _files.AddRange(files);
    }

    public void Add(FunctionsRecord record)
    {
        int count = record.Name?.Length ?? -1;
        Check(count >= 0 && Fits(count, record.Full, record.Short) && _functions.Count + count <= limits.Entries, "functions");
        for (int i = 0; i < count; i++)
        {
            Check(record.Name![i] is not null, "functions");
            _functions.Add(new Function(record.Name[i], record.Full?[i], record.Short?[i]));
        }
    }

    public void Add(FramesRecord record)
    {
        int count = record.Address?.Length ?? -1;
        Check(
            count >= 0 && record.Module is not null && record.ModuleAddress is not null && record.Function is not null && record.Offset is not null
            && Fits(count, record.Exact, record.Module, record.ModuleAddress, record.Function, record.Offset, record.Reason, record.File, record.Line, record.Column, record.Inlined)
            && _frames.Count + count <= limits.Entries,
            "frames");
        int call = 0;
        for (int i = 0; i < count; i++)
        {
            Check(record.Module![i] >= -1 && record.Module[i] < _modules.Count, "modules of frames");
            _frames.Add(new Frame
            {
                Address = record.Address![i],
                IsExact = record.Exact?[i] == 1,
                Module = record.Module[i],
                ModuleAddress = record.ModuleAddress![i],
                Function = FunctionAt(record.Function![i]),
                FunctionOffset = record.Offset![i],
                Reason = (MissingName)(record.Reason?[i] ?? 0),
                File = FileAt(record.File?[i] ?? -1),
                Line = record.Line?[i] ?? 0,
                Column = record.Column?[i] ?? 0,
                Inlined = InlinedAt(record, record.Inlined?[i] ?? 0, ref call),
            });
        }
    }

    public void Add(NodesRecord record)
    {
        int count = record.Back?.Length ?? -1;
        Check(count >= 0 && record.Frame?.Length == count && _nodes.Count + count <= limits.Entries, "nodes");
        for (int i = 0; i < count; i++)
        {
            int back = record.Back![i];
            int frame = record.Frame![i];
            Check(back >= 0 && back <= _nodes.Count && frame >= 0 && frame < _frames.Count, "nodes");
            int parent = back == 0 ? -1 : _nodes.Count - back;
            int depth = parent < 0 ? 1 : _depths[parent] + 1;
            Check(depth <= limits.Depth, "stacks that are too deep");
            _nodes.Add(new StackNode(parent, frame));
            _depths.Add((short)depth);
        }
    }

    public void Add(StacksRecord record)
    {
        int count = record.Id?.Length ?? -1;
        Check(count >= 0 && record.Node is not null && record.Key is not null && Fits(count, record.Node, record.Key, record.Ending, record.Remark)
            && _stacks.Count + count <= limits.Entries, "stacks");
        for (int i = 0; i < count; i++)
        {
            int node = record.Node![i];
            StackKey key = default;
            Check(node >= -1 && node < _nodes.Count && StackKey.TryParse(record.Key![i], out key), "stacks");
            _stacks.Add(new CallStack(record.Id![i], node, key, (StackEnding)(record.Ending?[i] ?? 0), (StackRemark)(record.Remark?[i] ?? 0)));
        }
    }

    public void Add(SnapshotLine line)
    {
        Check(_snapshots.Count < limits.Snapshots && _columns is not null, "snapshots");
        Check(_snapshots.Count == 0 || line.Number > _snapshots[^1].Number, "the order of snapshots");
        Check(_part is null || line.Number == _part.Number, "a snapshot that does not go on");
        Snapshot part = SnapshotCoding.Decode(line, _columns!, _stacks.Count, ref _lastOfPart, _changes ??= new StackChanges.Writer(_columns!.Length));
        _part = _part is null ? part : _part with { Changes = StackChanges.Merge(_part.Changes, part.Changes) };
        if (line.GoesOn) return;
        _snapshots.Add(_part);
        (_part, _lastOfPart) = (null, -1);
    }

    public void Add(Mark mark) => AddTo(_marks, mark, mark is { Name: not null, Origin: not null }, "marks");

    public void Add(TraceEvent happened) => AddTo(_events, happened, happened.Kind is not null, "events");

    public void Add(ScanRecord record) => AddTo(_scans, ScanCoding.Decode(record, _stacks.Count), isSound: true, "scans");

    public void Add(Loss loss) => AddTo(_losses, loss, loss.Code is not null, "losses");

    public void End(TraceEnding end)
    {
        Check(_end is null && end.Reason is not null, "end");
        _end = end;
    }

    private void AddTo<T>(List<T> list, T entry, bool isSound, string what)
    {
        Check(isSound && list.Count < limits.Remarks, what);
        list.Add(entry);
    }

    private int FunctionAt(int index)
    {
        Check(index >= -1 && index < _functions.Count, "functions of frames");
        return index;
    }

    private string? FileAt(int index)
    {
        Check(index >= -1 && index < _files.Count, "files of frames");
        return index < 0 ? null : _files[index];
    }

    private InlinedCall[] InlinedAt(FramesRecord record, int count, ref int next)
    {
        if (count == 0) return [];
        int total = record.InlinedFunction?.Length ?? 0;
        Check(
            count > 0 && count <= limits.Depth && count <= total - next && record.InlinedFile is not null && record.InlinedLine is not null && record.InlinedColumn is not null
            && Fits(total, record.InlinedFile, record.InlinedLine, record.InlinedColumn),
            "inlined calls");
        var calls = new InlinedCall[count];
        for (int i = 0; i < count; i++, next++)
        {
            calls[i] = new InlinedCall(FunctionAt(record.InlinedFunction![next]), FileAt(record.InlinedFile![next]), record.InlinedLine![next], record.InlinedColumn![next]);
        }

        return calls;
    }

    private static bool Fits(int count, params ReadOnlySpan<Array?> columns)
    {
        foreach (Array? column in columns)
        {
            if (column is not null && column.Length != count) return false;
        }

        return true;
    }

    private static void Check(bool isSound, string what)
    {
        if (!isSound) throw new RecordingException($"damaged recording: {what}");
    }
}
