using System.IO.Compression;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>
/// The file of a recording that grows. Each flush makes what has come since the last one readable, whatever happens to us afterwards: the lines are
/// appended, and the compressor is made to leave nothing behind. When old snapshots were thinned out, the file is written anew beside itself and renamed.
/// A flush that fails (a full disk) leaves the file as it was, and the next one writes what was missed, too.
/// </summary>
/// <param name="place">Where the file goes. One that is there already is replaced.</param>
public sealed class GrowingFile(IRecordingPlace place) : IDisposable
{
    // Compressed lines that wait for room on the disk; beyond it the file is written anew when there is room.
    private const int MostWaitingBytes = 16 << 20;

    private Stream? _file;
    private MemoryStream _waiting = new();
    private GZipStream? _compressed;
    private RecordEmitter? _lines;
    private long _length;
    private int _revision = -1;

    /// <summary>Makes everything that is recorded so far readable.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="revision">Its <see cref="RecordingBuilder.Revision"/>.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush(Recording recording, int revision)
    {
        if (_revision != revision)
        {
            Replace(recording, revision);
            return;
        }

        _lines!.Write(recording);
        _compressed!.Flush();
        Append();
    }

    /// <summary>Ends the recording: the whole file is written anew, as small as it can be.</summary>
    /// <param name="recording">The recording.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish(Recording recording)
    {
        Dispose();
        WriteDraft(draft => RecordingWriter.Write(recording, draft)).Dispose();
    }

    /// <summary>Closes the file as it is.</summary>
    public void Dispose()
    {
        _revision = -1;
        _lines?.Dispose();
        // It writes its end into what waits, and with that nowhere: a file with an end would be no file that was cut.
        _compressed?.Dispose();
        _file?.Dispose();
        _waiting.Dispose();
        (_compressed, _file, _lines) = (null, null, null);
    }

    private void Append()
    {
        try
        {
            _waiting.WriteTo(_file!);
            _length += _waiting.Length;
            _waiting.SetLength(0);
        }
        catch
        {
            CutToLastFlush();
            if (_waiting.Length > MostWaitingBytes) Dispose();
            throw;
        }
    }

    // A full disk may have taken a part. If even that cannot be taken away, the next flush writes over it.
    private void CutToLastFlush()
    {
        try
        {
            _file!.Position = _length;
            _file.SetLength(_length);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void Replace(Recording recording, int revision)
    {
        Dispose();
        _waiting = new MemoryStream();
        _compressed = new GZipStream(_waiting, CompressionLevel.Optimal, leaveOpen: true);
        _lines = new RecordEmitter(_compressed);
        _lines.Write(recording);
        _compressed.Flush();
        _file = WriteDraft(_waiting.WriteTo);
        _length = _waiting.Length;
        _waiting.SetLength(0);
        _revision = revision;
    }

    private Stream WriteDraft(Action<Stream> write)
    {
        Stream draft = place.CreateDraft();
        try
        {
            write(draft);
            place.Publish();
            return draft;
        }
        catch
        {
            draft.Dispose();
            place.RemoveDraft();
            throw;
        }
    }
}
