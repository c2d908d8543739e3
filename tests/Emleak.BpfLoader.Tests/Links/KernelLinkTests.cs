using System.Diagnostics;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Programs attached to the kernel, which count what one process makes it do.</summary>
public sealed class KernelLinkTests : IDisposable
{
    private const int Times = 1_000;

    private const string Source = """
        u64 watched;
        u64 runs;
        u64 failures;
        u64 last_cookie;
        static long (*bpf_get_func_ret)(void *, u64 *) = (void *)184;

        static void count(void)
        {
            if (bpf_get_current_pid_tgid() >> 32 == watched)
                __sync_fetch_and_add(&runs, 1);
        }

        SEC("?fentry/vfs_rmdir") int on_rmdir(void *ctx) { count(); return 0; }
        SEC("?fentry/no_function_has_this_name") int on_nothing(void *ctx) { return 0; }
        SEC("?fexit/vfs_rmdir") int after_rmdir(void *ctx)
        {
            u64 result = 1;
            bpf_get_func_ret(ctx, &result);
            if (result && bpf_get_current_pid_tgid() >> 32 == watched)
                __sync_fetch_and_add(&failures, 1);
            count();
            return 0;
        }
        SEC("?fentry/vfs_rmdir") int with_cookie(void *ctx) { last_cookie = bpf_get_attach_cookie(ctx); return 0; }
        SEC("?tp_btf/sched_process_exit") int on_exit_typed(void *ctx) { count(); return 0; }
        SEC("?tp/sched/sched_process_exit") int on_exit(void *ctx) { count(); return 0; }
        SEC("?raw_tp") int on_exit_raw(void *ctx) { count(); last_cookie = bpf_get_attach_cookie(ctx); return 0; }
        SEC("?kprobe") int on_rmdir_probed(void *ctx) { count(); return 0; }
        SEC("?kprobe.multi") int on_many(void *ctx) { count(); return 0; }
        SEC("?perf_event") int on_event(void *ctx) { count(); return 0; }
        """;

    private readonly ProbedProgram _program = BusyProgram.Create();
    private readonly BpfObject _spec = BpfSource.Compile(Source);

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("on_rmdir")]
    [InlineData("after_rmdir")]
    public void Entry_and_exit_of_a_kernel_function_are_seen(string program)
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = LoadTrampoline(program, process);
        using (loaded.Programs[program].AttachTracing()) process.Call(Times);
        process.Call(Times);
        Assert.Equal((ulong)Times, loaded.ReadVariable<ulong>("runs"));
        Assert.Equal(0ul, loaded.ReadVariable<ulong>("failures"));
    }

    [Fact]
    public void A_tracing_program_has_a_cookie()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = LoadTrampoline("with_cookie", process);
        using (loaded.Programs["with_cookie"].AttachTracing(cookie: 77)) process.Call(1);
        Assert.Equal(77ul, loaded.ReadVariable<ulong>("last_cookie"));
    }

    [Fact]
    public void A_security_hook_is_seen_where_the_kernel_lets_programs_hook()
    {
        ProgramSpec spec = _spec.Programs["on_rmdir"];
        (spec.Type, spec.ExpectedAttachType, spec.AttachTarget) = (BpfProgramType.Lsm, BpfAttachType.LsmMac, "inode_rmdir");
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = LoadTrampoline("on_rmdir", process);
        using (loaded.Programs["on_rmdir"].AttachTracing()) process.Call(Times);
        // Without bpf in the list of LSMs the hook is never called.
        Assert.Contains(loaded.ReadVariable<ulong>("runs"), new[] { 0ul, (ulong)Times });
    }

    [Fact]
    public void A_target_that_the_kernel_lacks_is_named()
    {
        BpfException refused = Assert.Throws<BpfException>(() => Load("on_nothing", null));
        Assert.Contains("'no_function_has_this_name'", refused.Message, StringComparison.Ordinal);
        _spec.Programs["on_nothing"].AttachTarget = null;
        refused = Assert.Throws<BpfException>(() => Load("on_nothing", null));
        Assert.Contains("AttachTarget", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tracepoint_is_attached_typed_raw_and_by_tracefs()
    {
        using FileSystemMount tracefs = new("tracefs");
        foreach (string name in new[] { "on_exit", "on_exit_typed", "on_exit_raw" })
        {
            using ProbedProcess process = new(_program);
            using BpfCollection loaded = Load(name, process);
            BpfProgram program = loaded.Programs[name];
            using BpfLink link = name switch
            {
                "on_exit" => program.AttachTracepoint("sched", "sched_process_exit"),
                "on_exit_typed" => program.AttachTracing(),
                _ => program.AttachRawTracepoint("sched_process_exit", cookie: 5),
            };
            process.Call(1);
            // The thread that was created for one round.
            Assert.Equal(1ul, loaded.ReadVariable<ulong>("runs"));
            Assert.Equal(name == "on_exit_raw" ? 5ul : 0ul, loaded.ReadVariable<ulong>("last_cookie"));
            BpfException missing = Assert.Throws<BpfException>(() => program.AttachTracepoint("sched", "no_such_thing"));
            Assert.Contains("no tracepoint sched/no_such_thing", missing.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Kprobes_work_or_are_told_to_be_missing()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = Load("on_rmdir_probed", process);
        BpfProgram program = loaded.Programs["on_rmdir_probed"];
        if (!Directory.Exists("/sys/bus/event_source/devices/kprobe"))
        {
            FeatureNotSupportedException missing = Assert.Throws<FeatureNotSupportedException>(() => program.AttachKprobe("vfs_rmdir"));
            Assert.Contains("CONFIG_KPROBE_EVENTS", missing.Message, StringComparison.Ordinal);
            return;
        }

        using (program.AttachKprobe("vfs_rmdir")) process.Call(Times);
        Assert.Equal((ulong)Times, loaded.ReadVariable<ulong>("runs"));
        BpfException refused = Assert.Throws<BpfException>(() => program.AttachKprobe("no_function_has_this_name"));
        Assert.Contains("no such function", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_to_many_kprobes_work_or_are_told_to_be_missing()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = Load("on_many", process);
        KprobeSite[] sites = [new("vfs_mkdir", 1), new("vfs_rmdir", 2)];
        Assert.Throws<ArgumentException>(() => loaded.Programs["on_many"].AttachKprobes([]));
        if (KernelFeatures.KprobeMulti.Probe() != FeatureSupport.Yes)
        {
            FeatureNotSupportedException missing = Assert.Throws<FeatureNotSupportedException>(() => loaded.Programs["on_many"].AttachKprobes(sites));
            Assert.Contains("CONFIG_FPROBE", missing.Message, StringComparison.Ordinal);
            return;
        }

        using (loaded.Programs["on_many"].AttachKprobes(sites)) process.Call(Times);
        Assert.Equal(2ul * Times, loaded.ReadVariable<ulong>("runs"));
    }

    [Fact]
    public void Page_faults_of_all_threads_of_one_process_are_counted_also_of_later_ones()
    {
        using ProbedProcess process = new(_program);
        using ProbedProcess other = new(_program);
        using BpfCollection loaded = Load("on_event", null);
        // Whoever runs the program counts: the watched id is that of nobody.
        using (BpfLinks links = loaded.Programs["on_event"].AttachPerfEvent(PerfEventSource.PageFaults, new PerfEventOptions { Pid = process.Pid }))
        {
            Assert.Equal(2, links.Count);
            loaded.WriteVariable("watched", (ulong)other.Pid);
            other.Call(Times);
            Assert.Equal(0ul, loaded.ReadVariable<ulong>("runs"));
            loaded.WriteVariable("watched", (ulong)process.Pid);
            process.Call(Times);
        }

        ulong counted = loaded.ReadVariable<ulong>("runs");
        Assert.InRange(counted, 2ul * Times, (2ul * Times) + 200);
        process.Call(Times);
        Assert.Equal(counted, loaded.ReadVariable<ulong>("runs"));
    }

    [Fact]
    public void A_period_runs_the_program_once_for_so_many_events()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = Load("on_event", process);
        PerfEventOptions options = new() { Pid = process.Pid, Period = 100 };
        using (loaded.Programs["on_event"].AttachPerfEvent(PerfEventSource.PageFaults, options)) process.Call(Times);
        Assert.InRange(loaded.ReadVariable<ulong>("runs"), 2ul * Times / 100 - 2, (2ul * Times / 100) + 4);
    }

    [Fact]
    public void Time_on_every_cpu_is_sampled()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = Load("on_event", process);
        using BpfLinks links = loaded.Programs["on_event"].AttachPerfEvent(PerfEventSource.CpuClock, new PerfEventOptions { Frequency = 1_000 });
        Assert.InRange(links.Count, 1, PossibleCpus.Count);
        for (int i = 0; i < 100 && loaded.ReadVariable<ulong>("runs") < 20; i++) process.Call(5_000);
        Assert.True(loaded.ReadVariable<ulong>("runs") >= 20);
    }

    [Fact]
    public void A_process_that_is_gone_is_told_as_such()
    {
        using BpfCollection loaded = Load("on_event", null);
        BpfException refused = Assert.Throws<BpfException>(
            () => loaded.Programs["on_event"].AttachPerfEvent(PerfEventSource.PageFaults, new PerfEventOptions { Pid = int.MaxValue }));
        Assert.Equal(3, refused.ErrorNumber);
    }

    private BpfCollection Load(string program, ProbedProcess? watched)
    {
        _spec.Programs[program].IsLoaded = true;
        BpfCollection loaded = _spec.Load();
        if (watched is not null) loaded.WriteVariable("watched", (ulong)watched.Pid);
        return loaded;
    }

    // Some kernels have no room for what such programs are called by, and refuse all of them. libbpf must fail alike then.
    private BpfCollection LoadTrampoline(string program, ProbedProcess watched)
    {
        try
        {
            return Load(program, watched);
        }
        catch (VerifierException refused) when (refused.ErrorNumber == 1)
        {
            Assert.False(LibbpfLoads("SEC(\"fentry/vfs_rmdir\") int on_rmdir(void *ctx) { return 0; }"), refused.Message);
            Assert.Skip("this kernel refuses all programs at functions and hooks, also those that libbpf loads");
            throw;
        }
    }

    private static bool LibbpfLoads(string source)
    {
        using FileSystemMount bpf = new("bpf");
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Tools.CompileBpf(
                $"#define SEC(name) __attribute__((section(name), used))\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n{source}"));
            using Process bpftool = Process.Start(new ProcessStartInfo("bpftool", ["prog", "load", file, bpf.PathOf("program")])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
            bpftool.StandardError.ReadToEnd();
            bpftool.WaitForExit();
            return bpftool.ExitCode == 0;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
