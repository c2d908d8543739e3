using Emleak.Output;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports.Text;
using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>The rows of the statistics while a trace goes on.</summary>
public sealed class RowFileTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1795407840);

    [Fact]
    public void Rows_grow_while_tracing_and_are_padded_at_the_end_before_the_header()
    {
        StatisticsColumns columns = new();
        Assert.Empty(columns.RowOf([]));
        using TestFolder folder = new();
        string path = Path.Combine(folder.Path, "rows");
        using RowFile rows = new(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite));
        rows.Append(Start, columns.RowOf([Live(7, 10240), Live(4, 12288)]));
        rows.Append(Start.AddSeconds(10), columns.RowOf([Live(4, 5), Live(9, 2048)]));
        Assert.Equal("1795407840,10240,12288,\n1795407850,0,5,2048,\n", File.ReadAllText(path));
        using StringWriter text = new();
        rows.CopyTo(text, columns.Stacks.Count);
        StatisticsReport.WriteHeader(text, columns, AllocationFilter.All);
        Assert.Equal("1795407840,10240,12288,0,\n1795407850,0,5,2048,\n0,7,4,9,\n", text.ToString());
    }

    private static LiveStack Live(int id, long bytes) => new(new CallStack(id, -1, default), id, bytes, 1);
}
