using Emleak.Recorder;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>
/// trace.emleak while the trace goes on. It is written by a thread of its own: when old snapshots were thinned out it is written anew, which may take
/// seconds, and the process may wait for libraries to be probed meanwhile. Of moments that come faster than that the newest is enough.
/// </summary>
internal sealed class RecordingFile(IRecordingPlace place, GrowingOutput output) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly GrowingFile _file = new(place);
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private Moment? _next;

    /// <summary>Makes the file.</summary>
    public void Begin(Moment first) => output.TryWrite(() => _file.Flush(first.Recording, first.Revision));

    /// <summary>Has everything written that is recorded so far.</summary>
    public void Record(Moment moment)
    {
        lock (_gate)
        {
            _next = moment;
            if (_isWriting) return;
            _isWriting = true;
            _writing = OwnThread.Start(WriteAll);
        }
    }

    /// <summary>Writes all of it, as small as it can be.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish(Recording recording)
    {
        _writing.Wait();
        _file.Finish(recording);
    }

    public void Dispose()
    {
        _writing.Wait();
        _file.Dispose();
    }

    private void WriteAll()
    {
        while (true)
        {
            Moment next;
            lock (_gate)
            {
                if (_next is null)
                {
                    _isWriting = false;
                    return;
                }

                (next, _next) = (_next, null);
            }

            output.TryWrite(() => _file.Flush(next.Recording, next.Revision));
        }
    }
}
