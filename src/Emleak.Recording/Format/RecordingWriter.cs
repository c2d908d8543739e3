using System.IO.Compression;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>Writes a whole recording.</summary>
public static class RecordingWriter
{
    /// <summary>The file's name in a trace's folder.</summary>
    public const string FileName = "trace.emleak";

    /// <summary>Writes a recording as gzip of JSON lines. The same recording gives the same bytes.</summary>
    public static void Write(Recording recording, Stream output)
    {
        ArgumentNullException.ThrowIfNull(recording);
        using GZipStream compressed = new(output, CompressionLevel.Optimal, leaveOpen: true);
        using RecordEmitter lines = new(compressed);
        lines.Write(recording);
    }
}
