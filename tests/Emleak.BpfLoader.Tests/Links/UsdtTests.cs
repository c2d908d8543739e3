using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Programs attached to what a program's author has marked, with libbpf's own usdt.bpf.h.</summary>
public sealed class UsdtTests : IDisposable
{
    private const string Probed = """
        #define _SDT_HAS_SEMAPHORES 1
        #include <stdio.h>
        #include <sys/sdt.h>
        #define SEMAPHORE(name) __extension__ unsigned short emleak_##name##_semaphore __attribute__((unused, section(".probes")))
        SEMAPHORE(all); SEMAPHORE(bare); SEMAPHORE(guarded);
        struct record { char a; short b; int c; long d; } records[8];
        __attribute__((noinline)) void probed(long i)
        {
            volatile struct record *here = &records[i & 7];
            signed char small = -i; unsigned short medium = 0xfff0 + i;
            here->d = i * 1000;
            STAP_PROBE5(emleak, all, i, small, medium, here->d, -7);
            STAP_PROBE(emleak, bare);
            if (emleak_guarded_semaphore) STAP_PROBE1(emleak, guarded, i);
            /* The same probe, at a place where the argument is elsewhere. */
            if (i & 1) STAP_PROBE5(emleak, all, i * 2, (signed char)1, (unsigned short)2, 3L, -8);
        }
        int main(void)
        {
            long times, next = 0;
            puts("ready"); fflush(stdout);
            while (scanf("%ld", &times) == 1) {
                for (long i = 0; i < times; i++) probed(next++);
                puts("done"); fflush(stdout);
            }
            return 0;
        }
        """;

    private const string Program = """
        #include <linux/bpf.h>
        #include <linux/ptrace.h>
        #include <stdbool.h>
        #include <bpf/usdt.bpf.h>
        __u64 hits, bare, guarded, count, cookie;
        long sums[5];
        SEC("usdt/PATH:emleak:all")
        int all(struct pt_regs *ctx)
        {
            hits++;
            count = bpf_usdt_arg_cnt(ctx);
            cookie = bpf_usdt_cookie(ctx);
            for (int i = 0; i < 5; i++) { long value = 0; bpf_usdt_arg(ctx, i, &value); sums[i] += value; }
            return 0;
        }
        SEC("usdt/PATH:emleak:bare") int BPF_USDT(on_bare) { bare++; return 0; }
        SEC("usdt") int BPF_USDT(on_guarded, long i) { guarded += i; return 0; }
        char LICENSE[] SEC("license") = "GPL";
        """;

    private readonly ProbedProgram _program = new(Probed);

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_hit_is_seen_with_its_arguments(bool asOneLink)
    {
        using ProbedProcess process = new(_program);
        BpfObject spec = Parse();
        if (asOneLink) spec.Programs["all"].ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
        using BpfCollection loaded = spec.Load();
        using (BpfLink link = loaded.Programs["all"].Attach())
        {
            Assert.True(link.EndsWithProcess);
            process.Call(10);
        }

        long[] numbers = [.. Enumerable.Range(0, 10).Select(static i => (long)i)];
        long[] odd = [.. numbers.Where(static i => (i & 1) != 0)];
        Assert.Equal((ulong)(numbers.Length + odd.Length), loaded.ReadVariable<ulong>("hits"));
        Assert.Equal(5ul, loaded.ReadVariable<ulong>("count"));
        Sums sums = loaded.ReadVariable<Sums>("sums");
        Assert.Equal(numbers.Sum() + (2 * odd.Sum()), sums.First);
        Assert.Equal(-numbers.Sum() + odd.Length, sums.Second);
        Assert.Equal(numbers.Sum(static i => 0xfff0 + i) + (2 * odd.Length), sums.Third);
        Assert.Equal((numbers.Sum() * 1000) + (3 * odd.Length), sums.Fourth);
        Assert.Equal((-7 * numbers.Length) - (8 * odd.Length), sums.Fifth);
        process.Call(10);
        Assert.Equal(15ul, loaded.ReadVariable<ulong>("hits"));
    }

    [Fact]
    public void A_semaphore_is_up_while_the_probe_is_attached()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = Parse().Load();
        process.Call(5);
        using (loaded.Programs["on_guarded"].AttachUsdt(_program.Path, "emleak", "guarded", new UsdtOptions { Pid = process.Pid })) process.Call(5);
        process.Call(5);
        // Arguments go on counting: 5 to 9 were seen.
        Assert.Equal(35ul, loaded.ReadVariable<ulong>("guarded"));
    }

    [Fact]
    public void A_cookie_reaches_the_program_and_numbers_are_used_again()
    {
        using ProbedProcess process = new(_program);
        BpfObject spec = Parse();
        spec.Maps[UsdtSpecs.SpecsName].MaxEntries = 2;
        using BpfCollection loaded = spec.Load();
        for (ulong i = 1; i <= 5; i++)
        {
            using (loaded.Programs["all"].AttachUsdt(_program.Path, "emleak", "all", new UsdtOptions { Pid = process.Pid, Cookie = i })) process.Call(1);
            Assert.Equal(i, loaded.ReadVariable<ulong>("cookie"));
        }

        using BpfLink first = loaded.Programs["all"].AttachUsdt(_program.Path, "emleak", "all");
        BpfException full = Assert.Throws<BpfException>(() => loaded.Programs["all"].AttachUsdt(_program.Path, "emleak", "all"));
        Assert.Contains("holds 2", full.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Probes_without_arguments_and_probes_that_are_not_there()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = Parse().Load();
        using (loaded.Programs["on_bare"].Attach()) process.Call(4);
        Assert.Equal(4ul, loaded.ReadVariable<ulong>("bare"));
        BpfException missing = Assert.Throws<BpfException>(() => loaded.Programs["on_bare"].AttachUsdt(_program.Path, "emleak", "nonsense"));
        Assert.Contains("has no USDT probe 'emleak:nonsense'", missing.Message, StringComparison.Ordinal);
        Assert.Throws<BpfException>(() => loaded.Programs["on_bare"].AttachUsdt("/bin/sh", "emleak", "bare"));
        Assert.Throws<InvalidOperationException>(() => loaded.Programs["on_guarded"].Attach());
    }

    [Fact]
    public void The_code_of_a_process_is_found_by_its_file()
    {
        using ProbedProcess process = new(_program);
        ulong address = ProcessCode.AddressOf(process.Pid, _program.Path, _program.Offset);
        using FileStream memory = new($"/proc/{process.Pid}/mem", FileMode.Open, FileAccess.Read);
        memory.Position = (long)address;
        byte[] code = new byte[4];
        memory.ReadExactly(code);
        Assert.Equal(process.ReadCode(_program.Offset), code);
        Assert.Throws<BpfException>(() => ProcessCode.AddressOf(process.Pid, "/bin/sh", 0));
    }

    private BpfObject Parse()
    {
        string target = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "x86" : "arm64";
        string machine = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
        string options = $"-O2 -mcpu=v3 -D__TARGET_ARCH_{target} -I/usr/include/{machine}";
        return BpfObject.Parse(Tools.CompileBpf(Program.Replace("PATH", _program.Path, StringComparison.Ordinal), options));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Sums
    {
        public long First;
        public long Second;
        public long Third;
        public long Fourth;
        public long Fifth;
    }
}
