using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Recordings.Model;

/// <summary>A recording that grows: tables by index, each entry once, and snapshots as differences. Not safe for concurrent callers; what <see cref="Build"/> gives is for all.</summary>
public sealed class RecordingBuilder
{
    private readonly GrowingTable<Module> _modules = new();
    private readonly GrowingTable<Function> _functions = new();
    private readonly GrowingTable<Frame> _frames = new();
    private readonly GrowingTable<StackNode> _nodes = new();
    private readonly GrowingTable<CallStack> _stacks = new();
    private readonly GrowingTable<Snapshot> _snapshots = new();
    private readonly GrowingTable<Mark> _marks = new();
    private readonly GrowingTable<TraceEvent> _events = new();
    private readonly GrowingTable<Scan> _scans = new();
    private readonly GrowingTable<Loss> _losses = new();

    private readonly Dictionary<(string Path, string? BuildId), int> _moduleIndexes = [];
    private readonly Dictionary<Function, int> _functionIndexes = [];
    private readonly Dictionary<Frame, int> _frameIndexes = [];
    private readonly Dictionary<StackNode, int> _nodeIndexes = [];
    private readonly Dictionary<int, int> _stackIndexes = [];

    private readonly StackColumn[] _columns;
    private readonly List<long> _current = [];
    private readonly List<long> _previous = [];
    private readonly Header _header;
    private TraceEnding? _end;
    private StackKeys _keys = new();
    private long _lostEvents;
    private long _stride = 1;
    private long _taken;
    private (long Value, long Number) _livePeak = (long.MinValue, -1);
    private (long Value, long Number) _rssPeak = (long.MinValue, -1);

    /// <param name="header">Who records what.</param>
    /// <param name="columns">The numbers of each stack; live bytes and live blocks when none are named.</param>
    public RecordingBuilder(Header header, params IReadOnlyList<StackColumn> columns)
    {
        _columns = columns is { Count: > 0 } ? [.. columns.Distinct().Order()] : [StackColumn.LiveBytes, StackColumn.LiveBlocks];
        _header = header;
    }

    /// <summary>More events are counted and not kept: a program that forks a thousand times a second must not fill the disk with that.</summary>
    public const int MaxEvents = 1 << 14;

    /// <summary>How often something that was there already has changed: a file that was appended to must be written anew.</summary>
    public int Revision { get; private set; }

    /// <summary>The recording as it is now, without a copy: it stays as it is.</summary>
    public Recording Build() => new()
    {
        Header = _header,
        Modules = _modules.Now,
        Functions = _functions.Now,
        Frames = _frames.Now,
        Nodes = _nodes.Now,
        Stacks = _stacks.Now,
        Columns = _columns,
        Snapshots = _snapshots.Now,
        Marks = _marks.Now,
        Events = _events.Now,
        Scans = _scans.Now,
        Losses = _losses.Now,
        End = _end,
    };

    /// <summary>The index of a module. One with the same path and build id is the same.</summary>
    public int AddModule(Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Add(_modules, _moduleIndexes, (module.Path, module.BuildId), module);
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
        Span<long> current = CollectionsMarshal.AsSpan(_current);
        int at = Array.IndexOf(_columns, column);
        if (at < 0) return;
        for (int i = at; i < current.Length; i += _columns.Length) current[i] = 0;
    }

    /// <summary>The stacks that hold something by what was set, in the original's order.</summary>
    public LiveStack[] Live()
    {
        int bytes = Array.IndexOf(_columns, StackColumn.LiveBytes), blocks = Array.IndexOf(_columns, StackColumn.LiveBlocks);
        return LiveStack.Sort(Enumerable.Range(0, _stacks.Count).Select(i => new LiveStack(_stacks[i], i, Current(i, bytes), Current(i, blocks))));

        long Current(int stack, int column) => column < 0 ? 0 : _current[(stack * _columns.Length) + column];
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
            _snapshots.Replace(SnapshotThinning.Thin(_snapshots.Now, ref _stride, _marks.Now, [_livePeak.Number, _rssPeak.Number]));
            Revision++;
        }

        _snapshots.Add(snapshot);
        return snapshot;
    }

    /// <summary>Names the last snapshot.</summary>
    public void AddMark(string name, string origin)
    {
        Snapshot last = _snapshots[_snapshots.Count - 1];
        _marks.Add(new Mark(name, last.Number, last.Time, origin));
    }

    /// <summary>Adds an event, unless there are <see cref="MaxEvents"/> already.</summary>
    public void AddEvent(TraceEvent happened)
    {
        if (_events.Count < MaxEvents) _events.Add(happened);
        else _lostEvents++;
    }

    /// <summary>Adds a scan.</summary>
    public void AddScan(Scan scan) => _scans.Add(scan);

    /// <summary>The indexes of a stack's frames, innermost first.</summary>
    public IEnumerable<int> FramesOf(int stack)
    {
        for (int node = _stacks[stack].Node; node >= 0; node = _nodes[node].Parent) yield return _nodes[node].Frame;
    }

    /// <summary>Completes frames, e.g. with files and lines, and makes the keys of the stacks anew.</summary>
    /// <param name="complete">The frames to put in place of those with these indexes. Modules and functions that they refer to have been added.</param>
    public void ReplaceFrames(IReadOnlyDictionary<int, Frame> complete)
    {
        ArgumentNullException.ThrowIfNull(complete);
        Frame[] frames = [.. _frames.Now];
        foreach ((int index, Frame frame) in complete) frames[index] = frame;
        _frames.Replace(frames);
        _frameIndexes.Clear();
        for (int i = 0; i < frames.Length; i++) _frameIndexes.TryAdd(frames[i], i);

        _keys = new StackKeys();
        _stacks.Replace([.. _stacks.Now.Select(stack => stack with { Key = KeyOf(stack.Node) })]);
        Revision++;
    }

    /// <summary>Says what the recording lacks and how the trace ended.</summary>
    public void Finish(TraceEnding end, IEnumerable<Loss> losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        foreach (Loss loss in losses) _losses.Add(loss);
        if (_lostEvents > 0) _losses.Add(new Loss("events", _lostEvents, Detail: string.Create(CultureInfo.InvariantCulture, $"{_lostEvents} events found no room in the recording")));
        _end = end;
    }

    private static int Add<TKey, T>(GrowingTable<T> list, Dictionary<TKey, int> indexes, TKey key, T entry)
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

    private StackKey KeyOf(int node) => node < 0 ? StackKey.Root : _keys.Of(_nodes.Now, _frames.Now, _functions.Now, _modules.Now)[node];

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
