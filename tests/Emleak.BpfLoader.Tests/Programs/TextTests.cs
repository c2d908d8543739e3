using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Differential;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>What mistakes of callers are answered with.</summary>
public sealed class TextTests
{
    [Fact]
    public void A_program_that_was_not_loaded_is_told_apart_from_one_that_is_not_there()
    {
        BpfObject spec = BpfSource.Compile("SEC(\"?raw_tp/sched_switch\") int waits(void *ctx) { return 0; } SEC(\"raw_tp/sched_switch\") int runs(void *ctx) { return 0; }");
        using BpfCollection loaded = spec.Load(new LoadOptions { LeaveOut = ["runs"] });
        Assert.Contains("'waits' is in the object but was not loaded", Assert.Throws<KeyNotFoundException>(() => loaded.Programs["waits"]).Message, StringComparison.Ordinal);
        Assert.Contains("'runs' is in the object but was not loaded", Assert.Throws<KeyNotFoundException>(() => loaded.Programs["runs"]).Message, StringComparison.Ordinal);
        Assert.Contains("no program 'nonsense'", Assert.Throws<KeyNotFoundException>(() => loaded.Programs["nonsense"]).Message, StringComparison.Ordinal);
        Assert.False(loaded.Programs.ContainsKey("waits"));
    }

    [Fact]
    public void A_map_that_was_left_out_is_told_apart_from_one_that_is_not_there()
    {
        string text = NewerObjects.Read("struct-ops.bpf.c").Replace("SEC(\".struct_ops", "SEC(\"?.struct_ops", StringComparison.Ordinal);
        using BpfCollection loaded = BpfObject.Parse(NewerObjects.CompileText(text, "v3")).Load();
        string problem = Assert.Throws<KeyNotFoundException>(() => loaded.Maps["emleak_congestion"]).Message;
        Assert.Contains("map 'emleak_congestion' is in the object but was not loaded", problem, StringComparison.Ordinal);
        Assert.Contains("no map 'nonsense'", Assert.Throws<KeyNotFoundException>(() => loaded.Maps["nonsense"]).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/bin/ls", "not a BPF object: ")]
    [InlineData("/etc/passwd", "not an ELF file")]
    public void A_file_of_another_kind_is_told_by_its_kind(string path, string problem) =>
        Assert.Contains(problem, Assert.Throws<MalformedDataException>(() => BpfObject.Open(path)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_program_of_another_type_is_told_before_the_kernel_is_asked()
    {
        using BpfCollection loaded = BpfSource.Compile(
            "SEC(\"tp/sched/sched_switch\") int traces(void *ctx) { return 0; } SEC(\"kprobe\") int probes(void *ctx) { return 0; }").Load();
        BpfProgram traces = loaded.Programs["traces"];
        string problem = Assert.Throws<InvalidOperationException>(() => traces.AttachKprobe("do_exit")).Message;
        Assert.Contains("Tracepoint program 'traces' cannot be attached to a kprobe, which runs programs of type Kprobe (its section is 'tp')", problem, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => traces.AttachUprobe("/bin/sh", 0));
        using FileSystemMount tracefs = new("tracefs");
        Assert.Throws<InvalidOperationException>(() => loaded.Programs["probes"].AttachTracepoint("sched", "sched_switch"));
    }

    [Fact]
    public void Rights_are_not_asked_for_that_the_process_has()
    {
        // Root, who may all: what the kernel refuses nevertheless it refuses for another reason.
        string advice = Emleak.BpfLoader.Kernel.LoadAdvice.For(Emleak.BpfLoader.Syscalls.Errno.NotPermitted)!;
        Assert.DoesNotContain("needs root", advice, StringComparison.Ordinal);
    }
}
