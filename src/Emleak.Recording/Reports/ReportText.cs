using System.Globalization;
using System.Text;

namespace Emleak.Recordings.Reports;

/// <summary>Text of reports: UTF-8, lines that end with a line feed, numbers as everywhere.</summary>
public static class ReportText
{
    private const int BufferSize = 64 << 10;

    /// <summary>What has no name.</summary>
    public const string Unknown = "[UNKNOWN]";

    /// <summary>A module in the place of a function that has no name: <c>[libfoo.so]</c>.</summary>
    public static string PlaceOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.StartsWith('[') ? CleanText.FieldOf(path) : $"[{CleanText.FieldOf(Path.GetFileName(path))}]";
    }

    /// <summary>Writes text to a stream, which stays open.</summary>
    public static void Write(Stream output, Action<TextWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using Writer text = new(output);
        write(text);
    }

    /// <summary>Writes a place in the sources: <c> at file:line:column</c>, or nothing when the file is not known.</summary>
    public static void WritePlace(TextWriter text, string? file, int line, int column)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (file is null) return;
        text.Write(" at ");
        text.Write(CleanText.Of(file));
        if (line == 0) return;
        text.Write(':');
        text.Write(line);
        if (column == 0) return;
        text.Write(':');
        text.Write(column);
    }

    /// <summary>Writes <c>+0x1c</c>.</summary>
    public static void WriteOffset(TextWriter text, ulong offset)
    {
        ArgumentNullException.ThrowIfNull(text);
        text.Write(string.Create(CultureInfo.InvariantCulture, $"+0x{offset:x}"));
    }

    private sealed class Writer : StreamWriter
    {
        public Writer(Stream output)
            : base(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize, leaveOpen: true) => NewLine = "\n";

        public override IFormatProvider FormatProvider => CultureInfo.InvariantCulture;
    }
}
