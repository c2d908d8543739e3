using Emleak.Cli;
using Emleak.Recordings.Model;
using Emleak.Target;
using Emleak.Tracing;
using StackEnding = Emleak.Recordings.Model.StackEnding;

namespace Emleak.Recorder;

/// <summary>Makes the recording of a trace while it goes on. What every output shows is read from it.</summary>
internal sealed class TraceRecorder
{
    private readonly TargetProcess _target;
    private readonly TracingSession _session;
    private readonly RecordingBuilder _recording;
    private readonly FrameTables _frames;
    private int _probes;
    private int _children;

    public TraceRecorder(TargetProcess target, TracingSession session, TracingOptions options)
    {
        _target = target;
        _session = session;
        _probes = session.ProbeCount;
        _recording = new RecordingBuilder(TraceHeader.Of(target, session.Probes, options));
        _frames = new FrameTables(_recording);
        _frames.AddModules(session.Modules);
    }

    /// <summary>The recording as it is, with nothing new.</summary>
    public Moment Now => new(_recording.Build(), _recording.Revision, DateTimeOffset.UtcNow, []);

    /// <summary>Says that the process has one more child.</summary>
    public void NoteChild() => _children++;

    /// <summary>Says that something has happened to the process.</summary>
    public void Note(string kind, string? subject = null, (string Name, long Value)? number = null) => _recording.AddEvent(new TraceEvent
    {
        Time = DateTimeOffset.UtcNow,
        Kind = kind,
        Subject = subject,
        Numbers = number is (string name, long value) ? new Dictionary<string, long>(StringComparer.Ordinal) { [name] = value } : null,
    });

    /// <summary>Looks for libraries and probes that are new.</summary>
    public void NoteModules()
    {
        foreach (string path in _frames.AddModules(_session.Modules)) Note(TraceEventKinds.LibraryLoaded, path);
        if (_probes == _session.ProbeCount) return;
        _probes = _session.ProbeCount;
        Note(TraceEventKinds.ProbesChanged, number: ("probes", _probes));
    }

    /// <summary>Takes what is live now.</summary>
    /// <param name="isOfThePast">True when the process runs another program by now, whose memory is none of this trace's business.</param>
    public Moment Take(bool isOfThePast = false)
    {
        IReadOnlyList<(int Number, StackTotal Total)> totals = _session.ReadLive();
        NoteModules();
        if (_children > 0) Note(TraceEventKinds.Forked, number: ("children", _children));
        _children = 0;
        _recording.Clear(StackColumn.LiveBytes);
        _recording.Clear(StackColumn.LiveBlocks);
        foreach ((int number, StackTotal total) in totals)
        {
            int stack = _recording.FindStack(number);
            if (stack < 0) stack = AddStack(number);
            _recording.Set(stack, StackColumn.LiveBytes, total.Bytes);
            _recording.Set(stack, StackColumn.LiveBlocks, total.Count);
        }

        Snapshot snapshot = _recording.TakeSnapshot(DateTimeOffset.UtcNow, isOfThePast ? null : ProcessMemory.Read(_target));
        return Now with { Time = snapshot.Time, Live = _recording.Live() };
    }

    /// <summary>Completes the frames of stacks that have all their names and sources by now, and says how the trace has ended.</summary>
    /// <param name="live">Those that hold something at the end.</param>
    /// <param name="end">How it has ended.</param>
    /// <param name="losses">What the recording lacks.</param>
    public Recording Finish(IReadOnlyList<LiveStack> live, TraceEnding end, IEnumerable<Loss> losses)
    {
        Dictionary<int, Frame> complete = [];
        foreach (LiveStack stack in live)
        {
            int next = 0;
            IReadOnlyList<Symbols.Frame> frames = _session.Stacks[stack.Stack.Id].Frames;
            foreach (int index in _recording.FramesOf(stack.Index))
            {
                if (!complete.ContainsKey(index)) complete.Add(index, _frames.Complete(frames[next]));
                next++;
            }
        }

        _recording.ReplaceFrames(complete);
        _recording.Finish(end, losses);
        return _recording.Build();
    }

    private int AddStack(int number)
    {
        NamedStack stack = _session.Stacks[number];
        // The programs count under number 0 what found no room.
        StackRemark remark = number == 0 ? StackRemark.TableFull : StackRemark.None;
        return _recording.AddStack(number, [.. stack.Frames.Select(_frames.IndexOf)], (StackEnding)stack.Ending, remark);
    }
}
