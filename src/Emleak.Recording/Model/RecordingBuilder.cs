using System.Runtime.InteropServices;

namespace Emleak.Recordings.Model;

/// <summary>A recording that grows: tables by index, each entry once, and snapshots as differences.</summary>
public sealed class RecordingBuilder
{
    private readonly List<Module> _modules = [];
    private readonly List<Function> _functions = [];
    private readonly List<Frame> _frames = [];
    private readonly List<StackNode> _nodes = [];
    private readonly List<CallStack> _stacks = [];
    private readonly List<Snapshot> _snapshots = [];
    private readonly List<Mark> _marks = [];
    private readonly List<TraceEvent> _events = [];
    private readonly List<Scan> _scans = [];
    private readonly List<Loss> _losses = [];

    private readonly Dictionary<string, int> _moduleIndexes = new(StringComparer.Ordinal);
    private readonly Dictionary<Function, int> _functionIndexes = [];
    private readonly Dictionary<Frame, int> _frameIndexes = [];
    private readonly Dictionary<StackNode, int> _nodeIndexes = [];
    private readonly Dictionary<int, int> _stackIndexes = [];

    private readonly StackColumn[] _columns;
    private readonly List<long> _current = [];
    private readonly List<long> _previous = [];
    private StackKeys _keys;
    private long _stride = 1;
    private long _taken;
    private (long Value, long Number) _livePeak = (long.MinValue, -1);
    private (long Value, long Number) _rssPeak = (long.MinValue, -1);

    /// <param name="header">Who records what.</param>
    /// <param name="columns">The numbers of each stack; live bytes and live blocks when none are named.</param>
    public RecordingBuilder(Header header, params IReadOnlyList<StackColumn> columns)
    {
        _columns = columns is { Count: > 0 } ? [.. columns.Distinct().Order()] : [StackColumn.LiveBytes, StackColumn.LiveBlocks];
        _keys = new StackKeys(_modules, _functions, _frames);
        View = new Recording
        {
            Header = header,
            Modules = _modules,
            Functions = _functions,
            Frames = _frames,
            Nodes = _nodes,
            Stacks = _stacks,
            Columns = _columns,
            Snapshots = _snapshots,
            Marks = _marks,
            Events = _events,
            Scans = _scans,
            Losses = _losses,
        };
    }

    /// <summary>How often something that was there already has changed: a file that was appended to must be written anew.</summary>
    public int Revision { get; private set; }

    /// <summary>The recording as it grows, without a copy: for one thread.</summary>
    internal Recording View { get; private set; }

    /// <summary>The recording as it is now.</summary>
    public Recording Build() => View with
    {
        Modules = [.. _modules],
        Functions = [.. _functions],
        Frames = [.. _frames],
        Nodes = [.. _nodes],
        Stacks = [.. _stacks],
        Columns = [.. _columns],
        Snapshots = [.. _snapshots],
        Marks = [.. _marks],
        Events = [.. _events],
        Scans = [.. _scans],
        Losses = [.. _losses],
    };

    /// <summary>The index of a module. One with the same path is the same.</summary>
    public int AddModule(Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Add(_modules, _moduleIndexes, module.Path, module);
    }

    /// <summary>The index of a function.</summary>
    public int AddFunction(Function function) => Add(_functions, _functionIndexes, function, function);

    /// <summary>The index of a frame, whose module and functions have been added.</summary>
    public int AddFrame(Frame frame) => Add(_frames, _frameIndexes, frame, frame);

    /// <summary>The index of the stack with this id, or -1.</summary>
    public int FindStack(int id) => _stackIndexes.GetValueOrDefault(id, -1);

    /// <summary>Adds a stack, unless its id is there already.</summary>
    /// <param name="id">Its number within the run.</param>
    /// <param name="frames">Indexes of its frames, innermost first.</param>
    /// <param name="ending">How its unwind ended.</param>
    /// <param name="remark">What must be known about it.</param>
    /// <returns>Its index.</returns>
    public int AddStack(int id, IReadOnlyList<int> frames, StackEnding ending = StackEnding.Complete, StackRemark remark = StackRemark.None)
    {
        ArgumentNullException.ThrowIfNull(frames);
        int known = FindStack(id);
        if (known >= 0) return known;
        int node = NodeOf(frames);
        _stackIndexes.Add(id, _stacks.Count);
        _stacks.Add(new CallStack(id, node, KeyOf(node), ending, remark));
        for (int i = 0; i < _columns.Length; i++)
        {
            _current.Add(0);
            _previous.Add(0);
        }

        return _stacks.Count - 1;
    }

    /// <summary>Sets a number of a stack for the next snapshot. It stays until it is set again.</summary>
    /// <returns>False when this recording has no such column.</returns>
    public bool Set(int stack, StackColumn column, long value)
    {
        int at = Array.IndexOf(_columns, column);
        if (at < 0) return false;
        CollectionsMarshal.AsSpan(_current)[(stack * _columns.Length) + at] = value;
        return true;
    }

    /// <summary>Sets a number of every stack to 0 for the next snapshot.</summary>
    public void Clear(StackColumn column)
    {
        for (int stack = 0; stack < _stacks.Count; stack++) Set(stack, column, 0);
    }

    /// <summary>Takes a snapshot of what was set. When there are too many, old ones are thinned out.</summary>
    public Snapshot TakeSnapshot(DateTimeOffset time, ProcessNumbers? process = null)
    {
        // The file has milliseconds.
        time = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
        Snapshot snapshot = new(_taken++, time, process ?? ProcessNumbers.Unknown, TakeChanges(out long live));
        if (live > _livePeak.Value) _livePeak = (live, snapshot.Number);
        if (snapshot.Process.Rss is long rss && rss > _rssPeak.Value) _rssPeak = (rss, snapshot.Number);
        if (_snapshots.Count >= SnapshotThinning.MaxSnapshots)
        {
            _stride = SnapshotThinning.Thin(_snapshots, _stride, _marks, [_livePeak.Number, _rssPeak.Number]);
            Revision++;
        }

        _snapshots.Add(snapshot);
        return snapshot;
    }

    /// <summary>Names the last snapshot.</summary>
    public void AddMark(string name, string origin) => _marks.Add(new Mark(name, _snapshots[^1].Number, _snapshots[^1].Time, origin));

    /// <summary>Adds an event.</summary>
    public void AddEvent(TraceEvent happened) => _events.Add(happened);

    /// <summary>Adds a scan.</summary>
    public void AddScan(Scan scan) => _scans.Add(scan);

    /// <summary>Completes frames, e.g. with files and lines, and makes the keys of the stacks anew.</summary>
    /// <param name="complete">The frame to put in place of one. Modules and functions that it refers to have been added.</param>
    public void ReplaceFrames(Func<Frame, Frame> complete)
    {
        ArgumentNullException.ThrowIfNull(complete);
        _frameIndexes.Clear();
        for (int i = 0; i < _frames.Count; i++)
        {
            _frames[i] = complete(_frames[i]);
            _frameIndexes.TryAdd(_frames[i], i);
        }

        _keys = new StackKeys(_modules, _functions, _frames);
        for (int i = 0; i < _stacks.Count; i++) _stacks[i] = _stacks[i] with { Key = KeyOf(_stacks[i].Node) };
        Revision++;
    }

    /// <summary>Says what the recording lacks and how the trace ended.</summary>
    public void Finish(TraceEnding end, IEnumerable<Loss> losses)
    {
        _losses.AddRange(losses);
        View = View with { End = end };
    }

    private static int Add<TKey, T>(List<T> list, Dictionary<TKey, int> indexes, TKey key, T entry)
        where TKey : notnull
    {
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(indexes, key, out bool isKnown);
        if (isKnown) return index;
        index = list.Count;
        list.Add(entry);
        return index;
    }

    private int NodeOf(IReadOnlyList<int> frames)
    {
        int node = -1;
        for (int i = frames.Count - 1; i >= 0; i--)
        {
            StackNode next = new(node, frames[i]);
            node = Add(_nodes, _nodeIndexes, next, next);
        }

        return node;
    }

    private StackKey KeyOf(int node) => node < 0 ? StackKey.Root : _keys.Of(_nodes)[node];

    private StackChanges TakeChanges(out long live)
    {
        int width = _columns.Length;
        int liveBytes = Array.IndexOf(_columns, StackColumn.LiveBytes);
        ReadOnlySpan<long> current = CollectionsMarshal.AsSpan(_current);
        Span<long> previous = CollectionsMarshal.AsSpan(_previous);
        Span<long> differences = new long[width];
        StackChanges.Writer changes = new(width);
        live = 0;
        for (int stack = 0; stack < _stacks.Count; stack++)
        {
            int start = stack * width;
            for (int i = 0; i < width; i++) differences[i] = current[start + i] - previous[start + i];
            if (differences.ContainsAnyExcept(0)) changes.Add(stack, differences);
            if (liveBytes >= 0) live += current[start + liveBytes];
        }

        current.CopyTo(previous);
        return changes.Take();
    }
}
