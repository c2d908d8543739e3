using System.Text;
using Emleak.Analysis;
using Emleak.Output;

namespace Emleak.Tests.Output;

/// <summary>The original's formats, byte for byte, as its behaviour was recorded.</summary>
public sealed class TextFormatTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1795407840);

    [Fact]
    public void Summary_has_the_originals_blanks_and_no_header()
    {
        Snapshot snapshot = Snapshot.Of(Start, [new(2, 4096, 4), new(1, 100, 1), new(3, 0, 0)]);
        Assert.Equal("1, 100, 1 \n2, 4096, 4 \n", SummaryText.Of(snapshot));
    }

    [Fact]
    public void Sums_beyond_32_bits_are_kept()
    {
        Snapshot snapshot = Snapshot.Of(Start, [new(1, 3000L << 20, 3000)]);
        Assert.Equal("1, 3145728000, 3000 \n", SummaryText.Of(snapshot));
    }

    [Fact]
    public void Statistics_rows_grow_while_tracing_and_are_padded_at_the_end_before_the_header()
    {
        History history = new();
        Assert.Null(history.Add(Snapshot.Of(Start, [])));
        StringBuilder live = new();
        StatisticsText.AppendRow(live, history.Add(Snapshot.Of(Start, [new(7, 10240, 1), new(4, 12288, 2)]))!);
        StatisticsText.AppendRow(live, history.Add(Snapshot.Of(Start.AddSeconds(10), [new(4, 5, 1), new(9, 2048, 1)]))!);
        Assert.Equal("1795407840,10240,12288,\n1795407850,0,5,2048,\n", live.ToString());
        Assert.Equal("1795407840,10240,12288,0,\n1795407850,0,5,2048,\n0,7,4,9,\n", StatisticsText.Of(history, Selection.All));
    }

    [Fact]
    public void Statistics_of_a_trace_that_saw_nothing_are_an_empty_header() =>
        Assert.Equal("0,\n", StatisticsText.Of(new History(), Selection.All));
}
