using System.IO.Compression;
using Emleak.Fuzzing;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;

namespace Emleak.Recordings.Fuzz;

/// <summary>Everything that reads recordings of strangers, and every report of what they hold.</summary>
public static class FuzzTargets
{
    // Far below the default, so that a find is quick.
    private static readonly RecordingLimits Limits = new() { LineBytes = 1 << 20, TextBytes = 4 << 20, Entries = 1 << 16 };

    /// <summary>All of them.</summary>
    public static FuzzSuite Suite { get; } = new(
    [
        new("recording", static bytes => Read(new MemoryStream(bytes.ToArray()))),
        new("lines", static bytes => Read(Compress(bytes.Span))),
    ], new Seeds(typeof(FuzzTargets).Assembly));

    // What is read can be reported, and is the same when it is written and read again.
    private static void Read(Stream input)
    {
        Recording recording;
        try
        {
            recording = RecordingReader.Read(input, Limits);
        }
        catch (RecordingException)
        {
            return;
        }

        foreach (IReportWriter report in ReportWriters.All) report.Write(recording, Stream.Null);
        byte[] first = Write(recording);
        if (!first.AsSpan().SequenceEqual(Write(RecordingReader.Read(new MemoryStream(first))))) throw new InvalidOperationException("what was written reads as something else");
    }

    private static byte[] Write(Recording recording)
    {
        using MemoryStream output = new();
        RecordingWriter.Write(recording, output);
        return output.ToArray();
    }

    private static MemoryStream Compress(ReadOnlySpan<byte> lines)
    {
        MemoryStream output = new();
        using (GZipStream compressed = new(output, CompressionLevel.Fastest, leaveOpen: true)) compressed.Write(lines);
        output.Position = 0;
        return output;
    }
}
