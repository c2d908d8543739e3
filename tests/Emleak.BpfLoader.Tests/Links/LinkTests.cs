using System.Diagnostics;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Programs attached to real processes.</summary>
public sealed class LinkTests : IDisposable
{
    private readonly ProbedProgram _program = new();
    private readonly BpfObject _spec = BpfSource.Compile(BpfSource.Probes);

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_uprobe_counts_every_call_of_its_process_and_of_no_other()
    {
        using ProbedProcess watched = new(_program);
        using ProbedProcess other = new(_program);
        _spec.SetConstant("scale", 2ul);
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = watched.Pid });
        other.Begin(5_000);
        watched.Call(10_000);
        other.End();
        Assert.Equal(20_000ul, loaded.ReadVariable<ulong>("scaled"));
        Assert.Equal(5ul + (10_000ul * 9_999 / 2), loaded.ReadVariable<ulong>("argument_sum"));
        var calls = loaded.Maps["calls"].As<uint, ulong>().ReadAll();
        Assert.Equal([(uint)watched.Pid], calls.Keys.ToArray());
        Assert.Equal([10_000ul], calls.Values.ToArray());
        Assert.Contains($"in {watched.Pid}", link.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_breakpoint_is_in_the_watched_process_only()
    {
        using ProbedProcess watched = new(_program);
        using ProbedProcess other = new(_program);
        using BpfCollection loaded = _spec.Load();
        byte[] before = watched.ReadCode(_program.Offset);
        using (loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = watched.Pid }))
        {
            Assert.NotEqual(before, watched.ReadCode(_program.Offset));
            Assert.Equal(before, other.ReadCode(_program.Offset));
        }

        watched.Call(1);
        Assert.Equal(before, watched.ReadCode(_program.Offset));
    }

    [Fact]
    public void A_uprobe_without_a_process_counts_all_of_them()
    {
        using ProbedProcess one = new(_program);
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset);
        using ProbedProcess startedLater = new(_program);
        one.Call(30);
        startedLater.Call(12);
        Assert.Equal(42ul, loaded.ReadVariable<ulong>("scaled"));
    }

    [Fact]
    public void A_uretprobe_sees_every_result()
    {
        using ProbedProcess watched = new(_program);
        using BpfCollection loaded = _spec.Load();
        UprobeOptions onReturn = new() { Pid = watched.Pid, IsReturn = true };
        using BpfLink link = loaded.Programs["on_return"].AttachUprobe(_program.Path, _program.Offset, onReturn);
        watched.Call(10_000);
        Assert.Equal(10_000ul, loaded.ReadVariable<ulong>("returned"));
        Assert.Equal(3 * 10_000ul * 9_999 / 2, loaded.ReadVariable<ulong>("result_sum"));
    }

    [Fact]
    public void A_cookie_reaches_the_program()
    {
        using ProbedProcess watched = new(_program);
        using BpfCollection loaded = _spec.Load();
        UprobeOptions options = new() { Pid = watched.Pid, Cookie = 0xC00C1E };
        using (loaded.Programs["with_cookie"].AttachUprobe(_program.Path, _program.Offset, options)) watched.Call(1);
        Assert.Equal(0xC00C1Eul, loaded.ReadVariable<ulong>("last_cookie"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1ul)]
    public void A_disposed_link_counts_no_more(ulong? cookie)
    {
        using ProbedProcess watched = new(_program);
        using BpfCollection loaded = _spec.Load();
        UprobeOptions options = new() { Pid = watched.Pid, Cookie = cookie };
        using (loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, options)) watched.Call(10);
        watched.Call(10);
        Assert.Equal(10ul, loaded.ReadVariable<ulong>("scaled"));
    }

    [Fact]
    public void Two_programs_at_one_place_both_run()
    {
        using ProbedProcess watched = new(_program);
        using BpfCollection loaded = _spec.Load();
        UprobeOptions entry = new() { Pid = watched.Pid };
        using BpfLink first = loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, entry);
        using BpfLink second = loaded.Programs["on_return"].AttachUprobe(_program.Path, _program.Offset, entry with { IsReturn = true });
        watched.Call(100);
        Assert.Equal(100ul, loaded.ReadVariable<ulong>("scaled"));
        Assert.Equal(100ul, loaded.ReadVariable<ulong>("returned"));
    }

    [Fact]
    public void A_process_that_is_gone_is_told_as_such()
    {
        int pid;
        using (ProbedProcess gone = new(_program)) pid = gone.Pid;
        using BpfCollection loaded = _spec.Load();
        BpfException refused = Assert.Throws<BpfException>(
            () => loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = pid }));
        Assert.Equal(3, refused.ErrorNumber);
        Assert.Contains("the thread is gone", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_told_as_such()
    {
        using BpfCollection loaded = _spec.Load();
        BpfException refused = Assert.Throws<BpfException>(
            () => loaded.Programs["on_call"].AttachUprobe("/nonexistent/library.so", 0));
        Assert.Contains("no such file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_offset_beyond_the_file_is_told_as_such()
    {
        using BpfCollection loaded = _spec.Load();
        BpfException refused = Assert.Throws<BpfException>(
            () => loaded.Programs["on_call"].AttachUprobe(_program.Path, 1ul << 40));
        Assert.Contains("beyond its end", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_raw_tracepoint_sees_the_exec_of_one_process()
    {
        using BpfCollection loaded = _spec.Load();
        using BpfLink link = loaded.Programs["on_exec"].AttachRawTracepoint("sched_process_exec");
        ProcessStartInfo start = new("/bin/sh", ["-c", "echo ready; read go; exec true"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using Process shell = Process.Start(start)!;
        // Process.Start returns during the shell's own exec, which must not be counted.
        Assert.Equal("ready", shell.StandardOutput.ReadLine());
        loaded.WriteVariable("watched_pid", (ulong)shell.Id);
        ulong before = loaded.ReadVariable<ulong>("watched_execs");
        shell.StandardInput.WriteLine("go");
        shell.WaitForExit();
        Assert.Equal(0ul, before);
        Assert.Equal(1ul, loaded.ReadVariable<ulong>("watched_execs"));
    }

    [Fact]
    public void A_tracepoint_that_does_not_exist_is_told_as_such()
    {
        using BpfCollection loaded = _spec.Load();
        BpfException refused = Assert.Throws<BpfException>(() => loaded.Programs["on_exec"].AttachRawTracepoint("sched_process_nonsense"));
        Assert.Contains("no such tracepoint", refused.Message, StringComparison.Ordinal);
    }
}
