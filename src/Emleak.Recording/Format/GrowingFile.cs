using System.IO.Compression;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>
/// The file of a recording that grows. Each flush makes what has come since the last one readable, whatever happens to us afterwards: the lines are
/// appended, and the compressor is made to leave nothing behind. When old snapshots were thinned out, the file is written anew beside itself and renamed.
/// </summary>
public sealed class GrowingFile : IDisposable
{
    private readonly IRecordingPlace _place;
    private readonly RecordingBuilder _recording;
    private Stream? _file;
    private GZipStream? _compressed;
    private RecordEmitter? _lines;
    private int _revision = -1;

    private GrowingFile(IRecordingPlace place, RecordingBuilder recording)
    {
        _place = place;
        _recording = recording;
    }

    /// <summary>Makes the file, with what is recorded so far. One that is there already is replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static GrowingFile Create(IRecordingPlace place, RecordingBuilder recording)
    {
        GrowingFile file = new(place, recording);
        file.Flush();
        return file;
    }

    /// <summary>Makes everything that is recorded so far readable.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush()
    {
        if (_revision != _recording.Revision)
        {
            Replace();
            return;
        }

        _lines!.Write(_recording.View);
        _compressed!.Flush();
        _file!.Flush();
    }

    /// <summary>Ends the recording: the whole file is written anew, as small as it can be.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish()
    {
        Close();
        Replace();
        Close();
    }

    /// <summary>Closes the file as it is.</summary>
    public void Dispose() => Close();

    private void Replace()
    {
        Close();
        try
        {
            _file = _place.CreateDraft();
            _compressed = new GZipStream(_file, CompressionLevel.Optimal, leaveOpen: true);
            _lines = new RecordEmitter(_compressed);
            _lines.Write(_recording.View);
            _compressed.Flush();
            _file.Flush();
            _place.Publish();
            _revision = _recording.Revision;
        }
        catch
        {
            Close();
            _place.RemoveDraft();
            throw;
        }
    }

    private void Close()
    {
        _lines?.Dispose();
        _compressed?.Dispose();
        _file?.Dispose();
        (_compressed, _file, _lines) = (null, null, null);
    }
}
