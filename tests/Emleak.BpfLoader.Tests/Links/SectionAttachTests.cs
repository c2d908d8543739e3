using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Programs attached to what their sections name.</summary>
public sealed class SectionAttachTests
{
    [Theory]
    [InlineData("uprobe/{0}:probed", 5)]
    [InlineData("uprobe/{0}:probed+1", 5)]
    [InlineData("uprobe.s/{0}:probed+0x1", 5)]
    [InlineData("uretprobe/{0}:probed", 5)]
    [InlineData("uprobe.multi/{0}:pro*d", 5)]
    [InlineData("uprobe.multi.s/{0}:probe?", 5)]
    [InlineData("uretprobe.multi/{0}:probed", 5)]
    [InlineData("uprobe.session/{0}:probed", 10)]
    public void A_probe_is_put_where_its_section_says(string section, int hits)
    {
        using ProbedProgram program = new();
        using ProbedProcess process = new(program);
        using BpfCollection loaded = Load(string.Format(System.Globalization.CultureInfo.InvariantCulture, section, program.Path));
        using (loaded.Programs["counts"].Attach())
        {
            process.Call(5);
            Assert.Equal((ulong)hits, loaded.ReadVariable<ulong>("hits"));
        }

        // A child that another test is just starting may hold the link for a moment, until it executes.
        Assert.True(SpinWait.SpinUntil(CallIsNotSeen, TimeSpan.FromSeconds(5)));
        bool CallIsNotSeen()
        {
            ulong before = loaded.ReadVariable<ulong>("hits");
            process.Call(1);
            return loaded.ReadVariable<ulong>("hits") == before;
        }
    }

    [Fact]
    public void A_library_is_found_where_the_system_has_libraries()
    {
        using BpfCollection loaded = Load("uprobe/libc.so.6:getpid");
        using BpfLink link = loaded.Programs["counts"].Attach();
        Tools.Run("sh", "-c true");
        using BpfLink other = loaded.Programs["counts"].AttachUprobe("libc.so.6", "malloc");
        Tools.Run("sh", "-c true");
        Assert.NotEqual(0ul, loaded.ReadVariable<ulong>("hits"));
    }

    [Theory]
    [InlineData("raw_tp/sched_process_exec")]
    [InlineData("raw_tracepoint/sched_process_exec")]
    [InlineData("tp_btf/sched_process_exec")]
    [InlineData("tp/sched/sched_process_exec")]
    [InlineData("tracepoint/sched/sched_process_exec")]
    public void A_tracepoint_is_the_one_that_the_section_says(string section)
    {
        using FileSystemMount tracefs = new("tracefs");
        using BpfCollection loaded = Load(section);
        using (loaded.Programs["counts"].Attach()) Tools.Run("true", "");
        Assert.NotEqual(0ul, loaded.ReadVariable<ulong>("hits"));
    }

    [Theory]
    [InlineData("uprobe")]
    [InlineData("uprobe/no-colon")]
    [InlineData("uprobe/{0}:probed+x")]
    [InlineData("uretprobe/{0}:probed+1")]
    [InlineData("tp/sched")]
    [InlineData("raw_tp")]
    [InlineData("xdp")]
    [InlineData("perf_event")]
    public void A_section_that_names_no_place_is_told(string section)
    {
        using BpfCollection loaded = Load(string.Format(System.Globalization.CultureInfo.InvariantCulture, section, "/bin/sh"));
        Assert.Throws<InvalidOperationException>(() => loaded.Programs["counts"].Attach());
    }

    [Theory]
    [InlineData("uprobe//no/such/file:probed", "/no/such/file")]
    [InlineData("uprobe/no-such-program:probed", "no-such-program")]
    [InlineData("uprobe/libc.so.6:there_is_no_such_function", "there_is_no_such_function")]
    [InlineData("uprobe.multi/libc.so.6:there_is_no_*", "there_is_no_*")]
    [InlineData("uprobe//proc/self/status:probed", "/proc/self/status")]
    public void A_place_that_is_not_there_is_told(string section, string named)
    {
        using BpfCollection loaded = Load(section);
        BpfException problem = Assert.Throws<BpfException>(() => loaded.Programs["counts"].Attach());
        Assert.Contains(named, problem.Message, StringComparison.Ordinal);
    }

    private static BpfCollection Load(string section) =>
        BpfSource.Compile($"u64 hits; SEC(\"{section}\") int counts(void *ctx) {{ __sync_fetch_and_add(&hits, 1); return 0; }}").Load();
}
