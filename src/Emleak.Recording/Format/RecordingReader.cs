using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>
/// Reads recordings. They are a stranger's: what comes of one is a recording or a <see cref="RecordingException"/>. A file that was cut is good up to
/// its last flush; its recording has no <see cref="Recording.End"/>. Records of kinds that are not known are skipped.
/// </summary>
public static class RecordingReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 16 };

    /// <summary>Reads a recording.</summary>
    /// <param name="path">The file, or the folder of a trace with a <see cref="RecordingWriter.FileName"/> in it.</param>
    /// <param name="limits">How much to take; null for <see cref="RecordingLimits.Default"/>.</param>
    /// <exception cref="RecordingException">It is none.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Recording Open(string path, RecordingLimits? limits = null)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, RecordingWriter.FileName) : path;
        using FileStream input = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Read(input, limits);
    }

    /// <summary>Reads a recording.</summary>
    /// <param name="input">Gzip of JSON lines.</param>
    /// <param name="limits">How much to take; null for <see cref="RecordingLimits.Default"/>.</param>
    /// <exception cref="RecordingException">It is none.</exception>
    public static Recording Read(Stream input, RecordingLimits? limits = null)
    {
        limits ??= RecordingLimits.Default;
        using GZipStream text = new(input, CompressionMode.Decompress, leaveOpen: true);
        LineReader lines = new(text, limits);
        if (!lines.TryRead(out ReadOnlySpan<byte> first)) throw new RecordingException("not a recording of emleak, or one that was cut before its first flush");
        RecordTables tables = new(ReadHeader(first), limits);
        SnapshotLine snapshot = new();
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            try
            {
                ReadLine(line, tables, snapshot);
            }
            catch (JsonException problem)
            {
                throw new RecordingException($"damaged recording: {problem.Message}", problem);
            }
        }

        return tables.Build();
    }

    private static Header ReadHeader(ReadOnlySpan<byte> line)
    {
        try
        {
            Utf8JsonReader json = new(line, Options);
            string? kind = KindOf(ref json);
            if (kind != "header") throw new RecordingException("not a recording of emleak: it does not begin with a header");
            CheckVersion(json);
            return Complete(Parse(ref json, RecordContext.Default.Header));
        }
        catch (JsonException problem)
        {
            throw new RecordingException($"not a recording of emleak: {problem.Message}", problem);
        }
    }

    // What is missing is null or 0: generated readers do not know the values that a property begins with.
    private static Header Complete(Header header) => header with
    {
        Host = header.Host ?? new HostInfo(),
        Probes = header.Probes ?? [],
        Filter = header.Filter is { MaxSize: > 0 } filter ? filter : (header.Filter ?? AllocationFilter.All) with { MaxSize = long.MaxValue },
    };

    // Before anything else of the header, whose other fields a newer version may have changed.
    private static void CheckVersion(Utf8JsonReader json)
    {
        int format = 0;
        string? emleak = null;
        if (json.TokenType != JsonTokenType.StartObject) throw new RecordingException("not a recording of emleak: its header is empty");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isFormat = json.ValueTextEquals("format"u8);
            bool isEmleak = json.ValueTextEquals("emleak"u8);
            json.Read();
            if (isFormat && json.TokenType == JsonTokenType.Number && !json.TryGetInt32(out format)) format = int.MaxValue;
            if (isEmleak && json.TokenType == JsonTokenType.String) emleak = Printable(json.ValueSpan);
            json.Skip();
        }

        if (format < 1) throw new RecordingException("not a recording of emleak: its header has no format");
        if (format > Header.CurrentFormat)
        {
            throw new RecordingException($"the recording has format {format}, written by emleak {emleak ?? "of a newer version"}; this version reads formats up to {Header.CurrentFormat}");
        }
    }

    private static string Printable(ReadOnlySpan<byte> text)
    {
        const int Longest = 40;
        return string.Concat(Encoding.Latin1.GetString(text[..Math.Min(text.Length, Longest)]).Select(character => character is > ' ' and <= '~' ? character : '?'));
    }

    private static void ReadLine(ReadOnlySpan<byte> line, RecordTables tables, SnapshotLine snapshot)
    {
        Utf8JsonReader json = new(line, Options);
        switch (KindOf(ref json))
        {
            case "columns": tables.SetColumns(Parse(ref json, RecordContext.Default.StringArray)); break;
            case "modules": tables.Add(Parse(ref json, RecordContext.Default.ModuleArray)); break;
            case "functions": tables.Add(Parse(ref json, RecordContext.Default.FunctionsRecord)); break;
            case "files": tables.AddFiles(Parse(ref json, RecordContext.Default.StringArray)); break;
            case "frames": tables.Add(Parse(ref json, RecordContext.Default.FramesRecord)); break;
            case "nodes": tables.Add(Parse(ref json, RecordContext.Default.NodesRecord)); break;
            case "stacks": tables.Add(Parse(ref json, RecordContext.Default.StacksRecord)); break;
            case "snapshot":
                SnapshotParser.Parse(line, Options, snapshot);
                tables.Add(snapshot);
                break;
            case "mark": tables.Add(Parse(ref json, RecordContext.Default.Mark)); break;
            case "event": tables.Add(Parse(ref json, RecordContext.Default.TraceEvent)); break;
            case "scan": tables.Add(Parse(ref json, RecordContext.Default.ScanRecord)); break;
            case "loss": tables.Add(Parse(ref json, RecordContext.Default.Loss)); break;
            case "end": tables.End(Parse(ref json, RecordContext.Default.TraceEnding)); break;
        }
    }

    // {"kind":record}: on the record's first token afterwards.
    private static string? KindOf(ref Utf8JsonReader json)
    {
        const int LongestKind = 32;
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new JsonException("a line is no object");
        if (!json.Read() || json.TokenType != JsonTokenType.PropertyName || json.ValueSpan.Length > LongestKind) return null;
        string kind = Encoding.Latin1.GetString(json.ValueSpan);
        json.Read();
        return kind;
    }

    private static T Parse<T>(ref Utf8JsonReader json, JsonTypeInfo<T> type)
        where T : class => JsonSerializer.Deserialize(ref json, type) ?? throw new JsonException("a record is null");
}
