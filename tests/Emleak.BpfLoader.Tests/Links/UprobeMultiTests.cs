using System.Diagnostics;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>One link on many functions.</summary>
public sealed class UprobeMultiTests(ITestOutputHelper output) : IDisposable
{
    private const string Source = """
        const volatile u64 skip_return = 0;
        u64 entries;
        u64 returns;
        u64 session_runs;
        u64 single;

        struct {
            __uint(type, 2);
            __uint(max_entries, 64);
            __type(key, u32);
            __type(value, u64);
        } by_cookie SEC(".maps");

        SEC("uprobe.multi")
        int on_entry(void *ctx)
        {
            u32 cookie = bpf_get_attach_cookie(ctx);
            u64 *count = bpf_map_lookup_elem(&by_cookie, &cookie);
            if (count)
                __sync_fetch_and_add(count, 1);
            __sync_fetch_and_add(&entries, 1);
            return 0;
        }

        SEC("uretprobe.multi")
        int on_return(void *ctx)
        {
            __sync_fetch_and_add(&returns, 1);
            return 0;
        }

        SEC("?uprobe.session")
        int on_both(void *ctx)
        {
            __sync_fetch_and_add(&session_runs, 1);
            return skip_return;
        }

        SEC("uprobe")
        int on_single(void *ctx)
        {
            __sync_fetch_and_add(&single, 1);
            return 0;
        }
        """;

    private readonly ManyFunctions _functions = new();
    private readonly BpfObject _spec = BpfSource.Compile(Source);

    public void Dispose() => _functions.Dispose();

    [Fact]
    public void Every_call_of_every_function_is_counted_by_its_cookie()
    {
        using ProbedProcess watched = new(_functions.Program);
        using ProbedProcess other = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = Attach(loaded, "on_entry", watched);
        other.Begin(6_400);
        watched.Call(6_410);
        other.End();
        Assert.Equal(6_410ul, loaded.ReadVariable<ulong>("entries"));
        BpfMap<uint, ulong> counts = loaded.Maps["by_cookie"].As<uint, ulong>();
        for (uint i = 0; i < ManyFunctions.Count; i++)
        {
            Assert.True(counts.TryLookup(i, out ulong count));
            Assert.Equal(i < 10 ? 101ul : 100ul, count);
        }

        Assert.Contains($"on_entry on uprobe at 64 places of {_functions.Program.Path} in {watched.Pid}", link.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_process_all_are_counted()
    {
        using ProbedProcess one = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = loaded.Programs["on_entry"].AttachUprobes(_functions.Program.Path, _functions.Sites);
        using ProbedProcess startedLater = new(_functions.Program);
        one.Call(30);
        startedLater.Call(12);
        Assert.Equal(42ul, loaded.ReadVariable<ulong>("entries"));
    }

    [Fact]
    public void Returns_are_counted()
    {
        using ProbedProcess watched = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        UprobeMultiOptions options = new() { Pid = watched.Pid, IsReturn = true };
        using BpfLink link = loaded.Programs["on_return"].AttachUprobes(_functions.Program.Path, _functions.Sites, options);
        watched.Call(1_000);
        Assert.Equal(1_000ul, loaded.ReadVariable<ulong>("returns"));
    }

    [Theory]
    [InlineData(0ul, 2_000ul)]
    [InlineData(1ul, 1_000ul)]
    public void A_session_sees_entry_and_return_unless_it_declines_the_return(ulong skipReturn, ulong runs)
    {
        using ProbedProcess watched = new(_functions.Program);
        _spec.Programs["on_both"].IsLoaded = true;
        _spec.SetConstant("skip_return", skipReturn);
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = Attach(loaded, "on_both", watched);
        watched.Call(1_000);
        Assert.Equal(runs, loaded.ReadVariable<ulong>("session_runs"));
    }

    [Fact]
    public void A_disposed_link_leaves_all_sites()
    {
        using ProbedProcess watched = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        using (Attach(loaded, "on_entry", watched)) watched.Call(64);
        ulong before;
        Stopwatch clock = Stopwatch.StartNew();
        do
        {
            // A program that another test starts at this moment has our link, too, until it executes.
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "the link is still attached");
            before = loaded.ReadVariable<ulong>("entries");
            watched.Call(64);
        }
        while (loaded.ReadVariable<ulong>("entries") != before);
        Assert.True(before >= 64);
    }

    [Fact]
    public void A_process_whose_first_thread_leaves_is_still_counted()
    {
        using ProbedProcess watched = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = Attach(loaded, "on_entry", watched);
        watched.Call(10);
        watched.Call(0);
        Assert.Contains("State:\tZ", File.ReadAllText($"/proc/{watched.Pid}/status"), StringComparison.Ordinal);
        watched.Call(32);
        Assert.Equal(42ul, loaded.ReadVariable<ulong>("entries"));
    }

    [Fact]
    public void A_process_whose_first_thread_has_left_before_is_refused_not_silently_missed()
    {
        using ProbedProcess watched = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        watched.Call(0);
        BpfException refused = Assert.Throws<BpfException>(() => Attach(loaded, "on_entry", watched));
        Assert.Contains("first thread has ended", refused.Message, StringComparison.Ordinal);
        using BpfLink link = loaded.Programs["on_entry"].AttachUprobes(_functions.Program.Path, _functions.Sites);
        watched.Call(32);
        Assert.Equal(32ul, loaded.ReadVariable<ulong>("entries"));
    }

    [Fact]
    public void A_program_for_single_uprobes_becomes_one_for_many_at_load_time()
    {
        using ProbedProcess watched = new(_functions.Program);
        _spec.Programs["on_single"].ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = Attach(loaded, "on_single", watched);
        watched.Call(100);
        Assert.Equal(100ul, loaded.ReadVariable<ulong>("single"));
    }

    [Fact]
    public void Disposing_takes_every_site_out_one_link_after_the_other_or_together()
    {
        using ProbedProcess watched = new(_functions.Program);
        using BpfCollection loaded = _spec.Load();
        Dictionary<ulong, byte[]> code = _functions.Sites.ToDictionary(static site => site.FileOffset, site => watched.ReadCode(site.FileOffset));
        BpfLink one = Attach(loaded, "on_entry", watched);
        Assert.All(_functions.Sites, site => Assert.NotEqual(code[site.FileOffset], watched.ReadCode(site.FileOffset)));
        watched.Call(64);
        TimeSpan oneDetached = Measure(one.Dispose);
        AssertLeft();
        BpfLink[] many = [.. Enumerable.Range(0, 8).Select(_ => Attach(loaded, "on_entry", watched))];
        TimeSpan inTurn = Measure(() => Array.ForEach(many, static link => link.Dispose()));
        AssertLeft();
        BpfLinks together = new(Enumerable.Range(0, 8).Select(_ => Attach(loaded, "on_entry", watched)));
        Assert.Equal(8, together.Count);
        TimeSpan atOnce = Measure(together.Dispose);
        AssertLeft();
        watched.Call(64);
        Assert.Equal(64ul, loaded.ReadVariable<ulong>("entries"));
        output.WriteLine(
            $"a link of 64 sites: {oneDetached.TotalMilliseconds:f0} ms; 8 of them in turn: {inTurn.TotalMilliseconds:f0} ms, " +
            $"together: {atOnce.TotalMilliseconds:f0} ms");

        // A child that another test forks has the link's descriptor, too, until it executes its program.
        void AssertLeft()
        {
            SpinWait.SpinUntil(() => _functions.Sites.All(site => watched.ReadCode(site.FileOffset).AsSpan().SequenceEqual(code[site.FileOffset])), TimeSpan.FromSeconds(5));
            Assert.All(_functions.Sites, site => Assert.Equal(code[site.FileOffset], watched.ReadCode(site.FileOffset)));
        }
    }

    [Fact]
    public void A_program_that_was_not_loaded_for_many_is_told_so()
    {
        using BpfCollection loaded = _spec.Load();
        InvalidOperationException wrong = Assert.Throws<InvalidOperationException>(
            () => loaded.Programs["on_single"].AttachUprobes(_functions.Program.Path, _functions.Sites));
        Assert.Contains("ExpectedAttachType", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_attached_is_told_with_its_reason()
    {
        _spec.Programs["on_both"].IsLoaded = true;
        using BpfCollection loaded = _spec.Load();
        BpfProgram program = loaded.Programs["on_entry"];
        string path = _functions.Program.Path;
        Assert.Throws<ArgumentException>(() => program.AttachUprobes(path, []));
        Assert.Throws<ArgumentException>(
            () => loaded.Programs["on_both"].AttachUprobes(path, _functions.Sites, new UprobeMultiOptions { IsReturn = true }));
        Refuses("no such file", "/nonexistent/library.so", [new UprobeSite(0)]);
        Refuses("regular file", "/", [new UprobeSite(0)]);
        Refuses("beyond the file's end", path, [new UprobeSite(1ul << 40)]);
        Refuses("no such process", path, _functions.Sites, int.MaxValue);

        void Refuses(string reason, string file, UprobeSite[] sites, int? pid = null)
        {
            BpfException refused = Assert.Throws<BpfException>(
                () => program.AttachUprobes(file, sites, new UprobeMultiOptions { Pid = pid }));
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
    }

    private static TimeSpan Measure(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    }

    private BpfLink Attach(BpfCollection loaded, string program, ProbedProcess process) =>
        loaded.Programs[program].AttachUprobes(_functions.Program.Path, _functions.Sites, new UprobeMultiOptions { Pid = process.Pid });
}
