using System.Globalization;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;
using Emleak.Recordings.Reports.Text;

namespace Emleak.Recordings.Tests.Reports;

/// <summary>The original's formats and the two further ones, byte for byte.</summary>
public sealed class TextReportTests
{
    [Fact]
    public void Stacks_ascend_by_bytes_and_remarks_stand_in_place_of_frames() => Assert.Equal(
        """
        16 bytes allocated at callstack id 0:•
        >[STACK TABLE FULL]+0x0;
        2048 bytes allocated at callstack id 9:•
        >[libplugin-1.2.so.3.4]+0x1234;
        >serve.constprop.0+0x20;
        >main+0x10;
        1099511627776 bytes allocated at callstack id 12:•
        >[UNKNOWN]+0xdead;

        """.Replace('•', ' ').Replace('>', '\t'),
        Samples.Report("text", Samples.Ended()));

    [Fact]
    public void Summary_has_the_originals_blanks_and_no_header() => Assert.Equal("0, 16, 1 \n9, 2048, 2 \n12, 1099511627776, 3 \n", Samples.Report("summary", Samples.Ended()));

    [Fact]
    public void Statistics_are_as_wide_as_the_header_which_is_the_last_line() => Assert.Equal(
        "1795407850,100,2048,0,0,\n1795407860,0,2048,16,1099511627776,\n0,7,9,0,12,\n", Samples.Report("statistics", Samples.Ended()));

    [Fact]
    public void Statistics_begin_when_something_is_live()
    {
        RecordingBuilder recording = new(Samples.Header);
        Assert.Equal("0,\n", Samples.Report("statistics", recording.Build()));
        recording.TakeSnapshot(Samples.Start);
        recording.Set(recording.AddStack(4, []), StackColumn.LiveBytes, 5);
        recording.TakeSnapshot(Samples.Start.AddSeconds(1));
        recording.Set(0, StackColumn.LiveBytes, 0);
        recording.TakeSnapshot(Samples.Start.AddSeconds(2));
        Assert.Equal("1795407841,5,\n1795407842,0,\n0,4,\n", Samples.Report("statistics", recording.Build()));
    }

    [Fact]
    public void Sources_have_files_lines_and_inlined_calls() => Assert.Equal(
        """
        1099511627776 bytes in 3 blocks at callstack id 12:
        >[UNKNOWN]+0xdead
        2048 bytes in 2 blocks at callstack id 9:
        >[libplugin-1.2.so.3.4]+0x1234
        >Pool::take(unsigned long) at pool.hpp:12:3 (inlined)
        >[UNKNOWN] (inlined)
        >serve.constprop.0+0x20 at server.c:40:7 in /opt/leaky-server
        >main+0x10 at server.c:90 in /opt/leaky-server
        16 bytes in 1 blocks at callstack id 0:
        >[STACK TABLE FULL]+0x0

        """.Replace('>', '\t'),
        Samples.Report("sources", Samples.Ended()));

    [Fact]
    public void Folded_paths_are_in_the_order_of_their_lines()
    {
        Assert.Equal(
            """
            [STACK TABLE FULL] 16
            [truncated];[UNKNOWN]+0xdead 1099511627776
            main;serve.constprop.0;[UNKNOWN]_[i];Pool::take(unsigned long)_[i];[libplugin-1.2.so.3.4]+0x1234 2048

            """,
            Samples.Report("folded", Samples.Ended()));
        RecordingBuilder recording = new(Samples.Header);
        // A blank comes before a semicolon. Stacks of the same names are one path.
        int a = Frame(recording, "a", 1), ab = Frame(recording, "a b", 2), c = Frame(recording, "c", 3), again = Frame(recording, "a", 4);
        int[][] stacks = [[c, a], [ab], [a], [c, ab], [again], [c], []];
        for (int i = 0; i < stacks.Length; i++) recording.Set(recording.AddStack(i + 1, stacks[i]), StackColumn.LiveBytes, 1 << i);
        recording.TakeSnapshot(Samples.Start);
        Assert.Equal(" 64\na 20\na b 2\na b;c 8\na;c 1\nc 32\n", Samples.Report("folded", recording.Build()));
    }

    [Fact]
    public void Filters_stand_in_every_format()
    {
        Recording recording = Samples.Ended(Samples.Header with { Filter = new AllocationFilter { SampleBytes = 512, MinSize = 16 } });
        const string Words = "estimated from samples: one in 512 bytes and only allocations of 16 bytes and more";
        Assert.Contains($"\tmain+0x10;\n\t[{Words}]+0x0;\n", Samples.Report("text", recording), StringComparison.Ordinal);
        Assert.Contains($"\t[STACK TABLE FULL]+0x0;\n\t[{Words}]+0x0;\n", Samples.Report("text", recording), StringComparison.Ordinal);
        Assert.StartsWith("-512, 0, 0 \n", Samples.Report("summary", recording), StringComparison.Ordinal);
        Assert.EndsWith($"0,7,9,0,12,{Words}\n", Samples.Report("statistics", recording), StringComparison.Ordinal);
        Assert.Contains($"[{Words}];main;", Samples.Report("folded", recording), StringComparison.Ordinal);
        Assert.Contains($"\t[{Words}]+0x0\n", Samples.Report("sources", recording), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NameStyle.Full, "Pool::take(unsigned long)_[i]")]
    [InlineData(NameStyle.Short, "Pool::take_[i]")]
    [InlineData(NameStyle.Mangled, "_ZN4Pool4takeEm_[i]")]
    public void Names_are_in_the_style_that_was_asked_for(NameStyle style, string expected) =>
        Assert.Contains(expected, Samples.Report("folded", Samples.Ended(Samples.Header with { Names = style })), StringComparison.Ordinal);

    [Fact]
    public void Names_of_strangers_are_one_field_of_one_line()
    {
        RecordingBuilder recording = new(Samples.Header);
        int module = recording.AddModule(new Module { Path = "/tmp/x\n;.so" });
        int[] frames = [recording.AddFrame(new Frame { Address = 1, Module = module, ModuleAddress = 2 }), Frame(recording, "a;b\e[31m\u2028", 5)];
        recording.Set(recording.AddStack(1, frames), StackColumn.LiveBytes, 5);
        recording.TakeSnapshot(Samples.Start);
        Assert.Equal("a,b?[31m?;[x?,.so]+0x2 5\n", Samples.Report("folded", recording.Build()));
    }

    [Fact]
    public void Reports_do_not_depend_on_the_language()
    {
        Recording recording = Samples.Ended();
        string[] expected = [.. ReportWriters.All.Select(writer => Samples.Report(writer.Name, recording))];
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NegativeSign = "minus", NumberDecimalSeparator = "," } };
            Assert.Equal(expected, ReportWriters.All.Select(writer => Samples.Report(writer.Name, recording)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_stack_that_does_not_reach_the_start_of_its_thread_is_marked_in_folded_lines()
    {
        RecordingBuilder recording = new(Samples.Header with { Filter = new AllocationFilter { MinSize = 16 } });
        int main = Frame(recording, "main", 1);
        StackEnding[] endings = [StackEnding.Complete, StackEnding.Truncated, StackEnding.Lost];
        for (int i = 0; i < endings.Length; i++) recording.Set(recording.AddStack(i + 1, [main], endings[i]), StackColumn.LiveBytes, 1 << i);
        recording.Set(recording.AddStack(0, [], StackEnding.Lost, StackRemark.TableFull), StackColumn.LiveBytes, 8);
        recording.TakeSnapshot(Samples.Start);
        const string Remark = "[only allocations of 16 bytes and more]";
        Assert.Equal($"{Remark};[STACK TABLE FULL] 8\n{Remark};[lost];main 4\n{Remark};[truncated];main 2\n{Remark};main 1\n", Samples.Report("folded", recording.Build()));
    }

    [Fact]
    public void While_a_trace_goes_on_the_largest_are_shown_and_how_many_others_there_are()
    {
        RecordingBuilder recording = new(Samples.Header);
        for (int id = 1; id <= 14; id++) recording.Set(recording.AddStack(id, []), StackColumn.LiveBytes, id);
        using StringWriter text = new();
        StackReport.Write(text, recording.Build(), recording.Live(), most: 10);
        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(11, lines.Length);
        Assert.Equal("4 smaller stacks with 10 bytes are left out here (--all shows them)", lines[0]);
        Assert.Equal("14 bytes allocated at callstack id 14: ", lines[^1]);
    }

    private static int Frame(RecordingBuilder recording, string function, ulong address) =>
        recording.AddFrame(new Frame { Address = address, Function = recording.AddFunction(new Function(function)) });
}
