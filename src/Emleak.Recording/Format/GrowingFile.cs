using System.IO.Compression;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>
/// The file of a recording that grows. Each flush makes what has come since the last one readable, whatever happens to us afterwards: the lines are
/// appended, and the compressor is made to leave nothing behind. When old snapshots were thinned out, the file is written anew beside itself and renamed.
/// </summary>
public sealed class GrowingFile : IDisposable
{
    private readonly string _path;
    private readonly RecordingBuilder _recording;
    private FileStream? _file;
    private GZipStream? _compressed;
    private RecordEmitter? _lines;
    private int _revision = -1;

    private GrowingFile(string path, RecordingBuilder recording)
    {
        _path = path;
        _recording = recording;
    }

    /// <summary>Makes the file, with what is recorded so far. One that is there already is replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static GrowingFile Create(string path, RecordingBuilder recording)
    {
        GrowingFile file = new(path, recording);
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
        string draft = _path + ".tmp";
        // Only who may read the trace's other files; a draft that somebody has put there is not written through.
        File.Delete(draft);
        try
        {
            _file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            _compressed = new GZipStream(_file, CompressionLevel.Optimal, leaveOpen: true);
            _lines = new RecordEmitter(_compressed);
            _lines.Write(_recording.View);
            _compressed.Flush();
            _file.Flush();
            File.Move(draft, _path, overwrite: true);
            _revision = _recording.Revision;
        }
        catch
        {
            Close();
            File.Delete(draft);
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
