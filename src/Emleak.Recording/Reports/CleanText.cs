using System.Globalization;
using System.Text;

namespace Emleak.Recordings.Reports;

/// <summary>
/// Text of strangers (names out of files, of processes, of servers; arguments), fit to be shown: on a terminal it moves no cursor and changes no
/// colour, in a file it ends no line, and it does not change the order in which the text around it is read.
/// </summary>
public static class CleanText
{
    /// <summary>Longer text is cut: names of a megabyte are made to fill memory and disks.</summary>
    public const int MaxLength = 4096;

    private const string CutMark = "...";
    private const char Replacement = '?';

    /// <summary>The text with '?' for every character that is not shown as itself, cut at <see cref="MaxLength"/>.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= MaxLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        StringBuilder clean = new(Math.Min(text.Length, MaxLength) + CutMark.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > MaxLength) return clean.Append(CutMark).ToString();
            if (IsUnfit(rune)) clean.Append(Replacement);
            else clean.Append(rune);
        }

        return clean.ToString();
    }

    /// <summary>A field of a format that ends its fields with semicolons.</summary>
    public static string FieldOf(string text) => Of(text).Replace(';', ',');

    /// <summary>JSON with the same characters escaped, which are in its strings only; System.Text.Json has done the control characters.</summary>
    public static string EscapedJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (!json.AsSpan().ContainsAnyExceptInRange(' ', '~')) return json;
        StringBuilder escaped = new(json.Length);
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in json.EnumerateRunes())
        {
            if (!IsUnfit(rune))
            {
                escaped.Append(rune);
                continue;
            }

            foreach (char unit in units[..rune.EncodeToUtf16(units)]) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        }

        return escaped.ToString();
    }

    /// <summary>As much of a text as makes a difference to <see cref="Of"/>: what is kept of a stranger's name.</summary>
    public static string Bounded(string text)
    {
        // What is replaced may be two units of one character.
        const int Enough = (2 * MaxLength) + 1;
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= Enough ? text : text[..Enough];
    }

    // Controls: C0, DEL, C1. Format: what overrides, embeds and isolates directions, marks of direction, tags, and what has no width.
    // Separators: what else ends lines.
    private static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
