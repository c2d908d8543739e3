using System.Globalization;
using System.Text;

namespace Emleak.Recordings.Reports;

/// <summary>
/// Text of strangers, fit to be shown: on a terminal it moves no cursor and changes no colour, in a file it ends no line, and it does not change the
/// order in which the text around it is read.
/// </summary>
internal static class CleanText
{
    /// <summary>Longer text is cut: names of a megabyte are made to fill memory and disks.</summary>
    public const int MaxLength = 4096;

    private const string CutMark = "...";
    private const char Replacement = '?';

    /// <summary>The text with '?' for every character that is not shown as itself, cut at <see cref="MaxLength"/>.</summary>
    public static string Of(string text)
    {
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

    // Controls, format characters (directions, tags, what has no width), and what else ends lines.
    private static bool IsUnfit(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
