using System.Globalization;
using System.Text.RegularExpressions;

namespace Emleak.Tests.Support;

/// <summary>The files of one trace, read as the original's formats are documented.</summary>
internal sealed partial class TraceFiles(string folder)
{
    public string Folder => folder;

    public string Stacks => Read("mleakstacks.txt");

    public string Summary => Read("mleaksummary.csv");

    public string Statistics => Read("mleakstatics.csv");

    public string Folded => Read("out.stacks");

    /// <summary>What the workload's own call paths hold: summary and stacks joined by id, frames outside the workload cut off.</summary>
    public IReadOnlyList<Hold> HoldsFrom(string outermost) => Holds(path =>
    {
        int start = Array.IndexOf(path, outermost);
        return start < 0 ? [] : path[start..];
    });

    /// <summary>The same, but of each path only the frames that the workload says are its own.</summary>
    public IReadOnlyList<Hold> HoldsOf(IReadOnlySet<string> functions) =>
        // Compilers put what is hardly ever run elsewhere, as "function.cold".
        Holds(path => [.. path.Select(name => name.Split('.')[0]).Where(functions.Contains)]);

    /// <summary>What each stack holds, whoever it is.</summary>
    public IEnumerable<(long Bytes, long Count)> Rows =>
        from line in Lines(Summary)
        let match = SummaryLine().Match(line)
        select (Number(match, "bytes"), Number(match, "count"));

    /// <summary>How many blocks of one size are held by stacks that hold no others.</summary>
    public long CountOf(long size) => Rows.Where(row => row.Bytes == row.Count * size).Sum(row => row.Count);

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private IReadOnlyList<Hold> Holds(Func<string[], string[]> own)
    {
        Dictionary<string, string[]> frames = FramesById();
        List<Hold> holds = [];
        foreach (string line in Lines(Summary))
        {
            Match match = SummaryLine().Match(line);
            // Estimates say so in a line with a negative id.
            if (line.StartsWith('-')) continue;
            Assert.True(match.Success, $"'{line}' is not a line of mleaksummary.csv");
            string[] path = own(frames[match.Groups["id"].Value]);
            if (path.Length == 0) continue;
            holds.Add(new Hold(
                string.Join(';', path),
                Number(match, "bytes"),
                Number(match, "count")));
        }

        return [.. holds
            .GroupBy(hold => hold.Path)
            .Select(group => new Hold(group.Key, group.Sum(hold => hold.Bytes), group.Sum(hold => hold.Count)))
            .OrderBy(hold => hold.Path, StringComparer.Ordinal)];
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // Outermost first, without offsets.
    private Dictionary<string, string[]> FramesById()
    {
        Dictionary<string, List<string>> stacks = [];
        List<string>? current = null;
        foreach (string line in Lines(Stacks))
        {
            if (StackHeader().Match(line) is { Success: true } header)
            {
                stacks.Add(header.Groups["id"].Value, current = []);
                continue;
            }

            Match frame = StackFrame().Match(line);
            Assert.True(frame.Success, $"'{line}' is not a line of mleakstacks.txt");
            current!.Insert(0, frame.Groups["name"].Value);
        }

        return stacks.ToDictionary(stack => stack.Key, stack => stack.Value.ToArray());
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(folder, name));

    [GeneratedRegex(@"^(?<bytes>-?\d+) bytes allocated at callstack id (?<id>[1-9]\d*): $", RegexOptions.ExplicitCapture)]
    private static partial Regex StackHeader();

    [GeneratedRegex(@"^\t(?<name>.+)\+0x[0-9a-f]+;$", RegexOptions.ExplicitCapture)]
    private static partial Regex StackFrame();

    [GeneratedRegex(@"^(?<id>[1-9]\d*), (?<bytes>-?\d+), (?<count>-?\d+) $", RegexOptions.ExplicitCapture)]
    private static partial Regex SummaryLine();
}
