using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>Writes a recording's lines to a stream: each call those that have come since the one before.</summary>
/// <param name="output">Where to.</param>
internal sealed class RecordEmitter(Stream output) : IDisposable
{
    // A line ends when it has so many entries, or so many characters in their names: readers limit its length (RecordingLimits.LineBytes).
    private const int ChunkEntries = 8192;
    private const int ChunkCharacters = 1 << 20;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Utf8JsonWriter _json = new(output, Options);
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);
    private readonly List<string> _newFiles = [];
    private bool _hasHeader;
    private int _modules, _functions, _frames, _nodes, _stacks, _snapshots, _marks, _events, _scans, _losses;

    /// <summary>Writes what is new.</summary>
    public void Write(Recording recording)
    {
        if (!_hasHeader)
        {
            Line("header", recording.Header, RecordContext.Default.Header);
            Line("columns", [.. recording.Columns.Select(SnapshotCoding.NameOf)], RecordContext.Default.StringArray);
            _hasHeader = true;
        }

        foreach (Module[] chunk in New(recording.Modules, ref _modules, SizeOf)) Line("modules", chunk, RecordContext.Default.ModuleArray);
        foreach (Function[] chunk in New(recording.Functions, ref _functions, SizeOf)) Line("functions", Columns(chunk), RecordContext.Default.FunctionsRecord);
        foreach (Frame[] chunk in New(recording.Frames, ref _frames)) WriteFrames(chunk);
        int node = _nodes;
        foreach (StackNode[] chunk in New(recording.Nodes, ref _nodes))
        {
            Line("nodes", Columns(chunk, node), RecordContext.Default.NodesRecord);
            node += chunk.Length;
        }

        foreach (CallStack[] chunk in New(recording.Stacks, ref _stacks)) Line("stacks", Columns(chunk), RecordContext.Default.StacksRecord);
        for (; _snapshots < recording.Snapshots.Count; _snapshots++)
        {
            foreach (SnapshotRecord part in SnapshotCoding.Encode(recording.Snapshots[_snapshots], recording.Columns)) Line("snapshot", part, RecordContext.Default.SnapshotRecord);
        }

        for (; _marks < recording.Marks.Count; _marks++) Line("mark", recording.Marks[_marks], RecordContext.Default.Mark);
        for (; _events < recording.Events.Count; _events++) Line("event", recording.Events[_events], RecordContext.Default.TraceEvent);
        for (; _scans < recording.Scans.Count; _scans++) Line("scan", ScanCoding.Encode(recording.Scans[_scans]), RecordContext.Default.ScanRecord);
        for (; _losses < recording.Losses.Count; _losses++) Line("loss", recording.Losses[_losses], RecordContext.Default.Loss);
        if (recording.End is TraceEnding end) Line("end", end, RecordContext.Default.TraceEnding);
    }

    public void Dispose() => _json.Dispose();

    private static List<T[]> New<T>(IReadOnlyList<T> table, ref int written, Func<T, int>? sizeOf = null)
    {
        List<T[]> chunks = [];
        List<T> chunk = [];
        int size = 0;
        for (; written < table.Count; written++)
        {
            int next = sizeOf?.Invoke(table[written]) ?? 0;
            if (chunk.Count > 0 && (chunk.Count == ChunkEntries || size + next > ChunkCharacters))
            {
                chunks.Add([.. chunk]);
                chunk.Clear();
                size = 0;
            }

            chunk.Add(table[written]);
            size += next;
        }

        if (chunk.Count > 0) chunks.Add([.. chunk]);
        return chunks;
    }

    private static int SizeOf(Function function) => function.Name.Length + (function.FullName?.Length ?? 0) + (function.ShortName?.Length ?? 0);

    // A range is some fifty characters.
    private static int SizeOf(Module module) => module.Path.Length + (module.Ranges.Count * 64);

    private void Line<T>(string kind, T record, JsonTypeInfo<T> type)
    {
        _json.WriteStartObject();
        _json.WritePropertyName(kind);
        JsonSerializer.Serialize(_json, record, type);
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        output.WriteByte((byte)'\n');
    }

    private static FunctionsRecord Columns(Function[] functions) => new(
        [.. functions.Select(function => function.Name)],
        OrNone(functions, function => function.FullName),
        OrNone(functions, function => function.ShortName));

    private static NodesRecord Columns(StackNode[] nodes, int first) => new(
        [.. nodes.Select((node, i) => node.Parent < 0 ? 0 : first + i - node.Parent)],
        [.. nodes.Select(node => node.Frame)]);

    private static StacksRecord Columns(CallStack[] stacks) => new(
        [.. stacks.Select(stack => stack.Id)],
        [.. stacks.Select(stack => stack.Node)],
        [.. stacks.Select(stack => stack.Key.ToString())],
        OrNone(stacks, stack => (int)stack.Ending, ordinary: 0),
        OrNone(stacks, stack => (int)stack.Remark, ordinary: 0));

    private void WriteFrames(Frame[] frames)
    {
        InlinedCall[] calls = [.. frames.SelectMany(frame => frame.Inlined)];
        int[]? files = OrNone(frames, frame => FileOf(frame.File), ordinary: -1);
        int[] callFiles = [.. calls.Select(call => FileOf(call.File))];
        int written = 0;
        foreach (string[] chunk in New(_newFiles, ref written, file => file.Length)) Line("files", chunk, RecordContext.Default.StringArray);
        _newFiles.Clear();
        bool hasCalls = calls.Length > 0;
        FramesRecord record = new(
            [.. frames.Select(frame => frame.Address)],
            OrNone(frames, frame => frame.IsExact ? 1 : 0, ordinary: 0),
            [.. frames.Select(frame => frame.Module)],
            [.. frames.Select(frame => frame.ModuleAddress)],
            [.. frames.Select(frame => frame.Function)],
            [.. frames.Select(frame => frame.FunctionOffset)],
            OrNone(frames, frame => (int)frame.Reason, ordinary: 0),
            files,
            OrNone(frames, frame => frame.Line, ordinary: 0),
            OrNone(frames, frame => frame.Column, ordinary: 0),
            OrNone(frames, frame => frame.Inlined.Count, ordinary: 0),
            hasCalls ? [.. calls.Select(call => call.Function)] : null,
            hasCalls ? callFiles : null,
            hasCalls ? [.. calls.Select(call => call.Line)] : null,
            hasCalls ? [.. calls.Select(call => call.Column)] : null);
        Line("frames", record, RecordContext.Default.FramesRecord);
    }

    private int FileOf(string? file)
    {
        if (file is null) return -1;
        if (_files.TryGetValue(file, out int known)) return known;
        _newFiles.Add(file);
        return _files[file] = _files.Count;
    }

    private static string?[]? OrNone<T>(T[] entries, Func<T, string?> field)
    {
        string?[] column = [.. entries.Select(field)];
        return Array.TrueForAll(column, text => text is null) ? null : column;
    }

    // A column that says nothing is left out.
    private static int[]? OrNone<T>(T[] entries, Func<T, int> field, int ordinary)
    {
        int[] column = [.. entries.Select(field)];
        return column.AsSpan().ContainsAnyExcept(ordinary) ? column : null;
    }
}
