using System.Globalization;

namespace Emleak.Recordings.Analysis;

/// <summary>Reads rules in the two formats that people have: LeakSanitizer's lines and Valgrind's blocks, also mixed in one file.</summary>
public static class SuppressionFile
{
    private const string LeakPrefix = "leak:";

    /// <summary>Reads rules.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="file">Its name, for rules and messages.</param>
    /// <exception cref="FormatException">A line is in neither format. The message says which.</exception>
    public static IReadOnlyList<SuppressionRule> Parse(string text, string file)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<SuppressionRule> rules = [];
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.StartsWith(LeakPrefix, StringComparison.Ordinal)) rules.Add(ParseLeak(line, file, i + 1));
            else if (line == "{") rules.AddRange(ParseBlock(lines, ref i, file));
            else throw Problem(file, i, $"'{line}' is neither leak:PATTERN nor the beginning of a block of Valgrind");
        }

        return rules;
    }

    // leak:PATTERN, and our own budget behind it: max=64K.
    private static LeakRule ParseLeak(string line, string file, int number)
    {
        const string Budget = " max=";
        string pattern = line[LeakPrefix.Length..];
        if (pattern.Length == 0) throw Problem(file, number - 1, "leak: has no pattern");
        int at = pattern.LastIndexOf(Budget, StringComparison.Ordinal);
        if (at < 0) return new LeakRule(pattern.Trim(), file, number, MaxBytes: null);
        return TryParseBytes(pattern[(at + Budget.Length)..], out long bytes)
            ? new LeakRule(pattern[..at].Trim(), file, number, bytes)
            : throw Problem(file, number - 1, $"'{pattern[(at + Budget.Length)..]}' is no number of bytes like 4096, 64K or 2M");
    }

    // A block of another tool, or of another error than a leak, is skipped.
    private static IEnumerable<ValgrindRule> ParseBlock(string[] lines, ref int i, string file)
    {
        int start = i;
        List<string> body = [];
        for (i++; i < lines.Length && lines[i].Trim() != "}"; i++)
        {
            string line = lines[i].Trim();
            if (line.Length > 0 && line[0] != '#') body.Add(line);
        }

        if (i == lines.Length) throw Problem(file, start, "the block has no end");
        if (body.Count < 2) throw Problem(file, start, "a block has a name, a kind like Memcheck:Leak, and frames");
        if (!IsLeak(body[1])) return [];
        string[] frames = [.. body.Skip(2).Where(line => !line.StartsWith("match-leak-kinds:", StringComparison.Ordinal))];
        foreach (string frame in frames)
        {
            bool isKnown = frame == ValgrindRule.AnyFrames
                || frame.StartsWith("fun:", StringComparison.Ordinal) || frame.StartsWith("obj:", StringComparison.Ordinal) || frame.StartsWith("src:", StringComparison.Ordinal);
            if (!isKnown) throw Problem(file, start, $"'{frame}' is none of fun:, obj:, src: and ...");
        }

        return [new ValgrindRule(body[0], frames, file, start + 1)];
    }

    private static bool IsLeak(string kind)
    {
        int colon = kind.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && kind[..colon].Split(',').Contains("Memcheck", StringComparer.Ordinal) && kind[(colon + 1)..].Trim() == "Leak";
    }

    private static bool TryParseBytes(string text, out long bytes)
    {
        text = text.Trim();
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        bool isNumber = long.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes <= long.MaxValue >> shift;
        bytes <<= shift;
        return isNumber;
    }

    private static FormatException Problem(string file, int line, string what) => new(string.Create(CultureInfo.InvariantCulture, $"{file}:{line + 1}: {what}"));
}
