using Emleak.Analysis;
using Emleak.Output;
using Emleak.Symbols;
using Emleak.Tests.Support;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak.Tests.Output;

/// <summary>The original's formats, byte for byte, as its behaviour was recorded.</summary>
public sealed class TextFormatTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1795407840);

    [Fact]
    public void Summary_has_the_originals_blanks_and_no_header()
    {
        Snapshot snapshot = Snapshot.Of(Start, [new(2, 4096, 4), new(1, 100, 1), new(3, 0, 0)]);
        Assert.Equal("1, 100, 1 \n2, 4096, 4 \n", Text(output => SummaryText.Write(output, snapshot)));
    }

    [Fact]
    public void Sums_beyond_32_bits_are_kept()
    {
        Snapshot snapshot = Snapshot.Of(Start, [new(1, 3000L << 20, 3000)]);
        Assert.Equal("1, 3145728000, 3000 \n", Text(output => SummaryText.Write(output, snapshot)));
    }

    [Fact]
    public void Statistics_rows_grow_while_tracing_and_are_padded_at_the_end_before_the_header()
    {
        History history = new();
        Assert.Null(history.Add(Snapshot.Of(Start, [])));
        using TestFolder folder = new();
        string path = Path.Combine(folder.Path, "rows");
        using RowFile rows = new(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite));
        rows.Append(history.Add(Snapshot.Of(Start, [new(7, 10240, 1), new(4, 12288, 2)]))!);
        rows.Append(history.Add(Snapshot.Of(Start.AddSeconds(10), [new(4, 5, 1), new(9, 2048, 1)]))!);
        Assert.Equal("1795407840,10240,12288,\n1795407850,0,5,2048,\n", File.ReadAllText(path));
        Assert.Equal(
            "1795407840,10240,12288,0,\n1795407850,0,5,2048,\n0,7,4,9,\n",
            Text(output => StatisticsText.Write(output, rows, history, Selection.All)));
    }

    [Fact]
    public void Folded_paths_are_sorted_as_their_lines_are_and_those_that_differ_in_offsets_are_one()
    {
        string[][] paths = [["a", "main"], ["b", "a", "main"], ["a", "main"], ["x", "main.cold"], ["y", "main"], ["z", "main", "_start"], ["main"]];
        Dictionary<int, NamedStack> stacks = [];
        foreach (string[] path in paths)
        {
            Frame[] frames = [.. path.Select(name => new Frame { Address = 1, Kind = AddressKind.Exact, Function = name, Offset = (ulong)stacks.Count })];
            stacks.Add(stacks.Count + 1, new NamedStack(frames, StackEnding.Complete));
        }

        Snapshot snapshot = Snapshot.Of(Start, stacks.Keys.Select(id => new OutstandingStack(id, 10, 1)));
        string[] lines = Text(output => FoldedText.Write(output, snapshot, stacks, new FrameNames(NameStyle.Mangled))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["_start;main;z 10", "main 10", "main.cold;x 10", "main;a 20", "main;a;b 10", "main;y 10"], lines);
    }

    [Fact]
    public void A_terminal_shows_the_largest_and_how_many_others_there_are()
    {
        Dictionary<int, NamedStack> stacks = Enumerable.Range(1, 14).ToDictionary(id => id, _ => new NamedStack([], StackEnding.Complete));
        Snapshot snapshot = Snapshot.Of(Start, stacks.Keys.Select(id => new OutstandingStack(id, id, 1)));
        FrameNames names = new(NameStyle.Mangled);
        string[] lines = Text(output => StackText.Write(output, snapshot, 10, stacks, names)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(11, lines.Length);
        Assert.Equal("4 smaller stacks with 10 bytes are left out here (--all shows them)", lines[0]);
        Assert.Equal("14 bytes allocated at callstack id 14: ", lines[^1]);
        Assert.Equal(14, Text(output => StackText.Write(output, snapshot, int.MaxValue, stacks, names)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Statistics_of_a_trace_that_saw_nothing_are_an_empty_header()
    {
        using TestFolder folder = new();
        using RowFile rows = new(File.OpenHandle(Path.Combine(folder.Path, "rows"), FileMode.Create, FileAccess.ReadWrite));
        Assert.Equal("0,\n", Text(output => StatisticsText.Write(output, rows, new History(), Selection.All)));
    }

    private static string Text(Action<TextWriter> write)
    {
        using StringWriter text = new();
        write(text);
        return text.ToString();
    }
}
