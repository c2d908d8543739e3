using System.Diagnostics;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>Objects that clang compiled, loaded into the running kernel.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    [Fact]
    public void An_object_is_loaded_with_its_maps_variables_and_programs()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        spec.SetConstant("scale", 3ul);
        spec.Maps["calls"].MaxEntries = 7;
        using BpfCollection loaded = spec.Load();
        Assert.Equal(7u, loaded.Maps["calls"].MaxEntries);
        Assert.True(loaded.Maps.ContainsKey(".bss"));
        Assert.Equal("on_call on_exec on_return with_cookie", NamesOf(loaded));
        Assert.Equal(3ul, loaded.ReadVariable<ulong>("scale"));
        Assert.Equal(5ul, loaded.ReadVariable<ulong>("argument_sum"));
        Assert.Equal(0ul, loaded.ReadVariable<ulong>("returned"));
        loaded.WriteVariable("returned", 8ul);
        Assert.Equal(8ul, loaded.ReadVariable<ulong>("returned"));
        Assert.Throws<KeyNotFoundException>(() => loaded.ReadVariable<ulong>("nowhere"));
    }

    [Fact]
    public void An_object_can_be_loaded_twice_and_the_collections_share_nothing()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        using BpfCollection first = spec.Load();
        long start = Stopwatch.GetTimestamp();
        using BpfCollection second = spec.Load();
        output.WriteLine($"load of a small object: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:f2} ms");
        first.Maps["calls"].As<uint, ulong>().Update(1, 1);
        Assert.False(second.Maps["calls"].As<uint, ulong>().TryLookup(1, out _));
    }

    [Fact]
    public void Programs_are_left_out_when_asked()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        using BpfCollection loaded = spec.Load(new LoadOptions { LeaveOut = ["on_exec", "with_cookie"] });
        Assert.Equal("on_call on_return", NamesOf(loaded));
        Assert.Throws<KeyNotFoundException>(() => spec.Load(new LoadOptions { LeaveOut = ["on_exce"] }));
    }

    [Fact]
    public void The_verifier_log_is_kept_when_asked_for()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        using BpfCollection silent = spec.Load();
        Assert.Equal("", silent.Programs["on_call"].VerifierLog);
        using BpfCollection talking = spec.Load(new LoadOptions { LogLevel = 1 });
        Assert.Contains("processed", talking.Programs["on_call"].VerifierLog, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_program_is_explained_with_reason_instruction_and_source_line()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Refused);
        VerifierException refused = Assert.Throws<VerifierException>(() => spec.Load());
        output.WriteLine(refused.Message);
        string[] lines = refused.Message.Split(Environment.NewLine);
        Assert.Equal("follows_a_number", refused.ProgramName);
        Assert.Equal(13, refused.ErrorNumber);
        Assert.Contains("'follows_a_number': EACCES", lines[0], StringComparison.Ordinal);
        Assert.Equal("  R1 invalid mem access 'scalar'", lines[1]);
        Assert.StartsWith("  at instruction 1: (79) r1 = *(u64 *)(r1 +0)", lines[2], StringComparison.Ordinal);
        Assert.EndsWith(": return *anywhere == 1;", lines[3], StringComparison.Ordinal);
        Assert.Contains("test.bpf.c:", lines[3], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
        Assert.True(refused.Log.Length > refused.Reason.Length);
    }

    [Fact]
    public void A_relocated_program_reads_the_running_kernels_structures()
    {
        using ProbedProgram program = new();
        using ProbedProcess process = new(program);
        using BpfCollection loaded = BpfSource.Compile(BpfSource.ReadsTask).Load(new LoadOptions { KernelBtf = KernelBtf.Default });
        using BpfLink link = loaded.Programs["reads_task"].AttachUprobe(program.Path, program.Offset, new UprobeOptions { Pid = process.Pid });
        process.Call(1);
        Assert.Equal(process.Pid, loaded.ReadVariable<int>("tgid"));
    }

    [Fact]
    public void A_member_that_the_kernel_lacks_is_named()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.ReadsNonsense);
        VerifierException refused = Assert.Throws<VerifierException>(() => spec.Load());
        output.WriteLine(refused.Message);
        Assert.Equal("reads_nonsense", refused.ProgramName);
        Assert.Contains("do not have task_struct.nonsense (FieldByteOffset)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("test.bpf.c:", refused.Message.Split(Environment.NewLine)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_cannot_be_adapted_is_named()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.ReadsTask);
        BtfTypes contradictory = BpfObject.Parse(Tools.CompileBpf(
            "struct task_struct___a { int tgid; } a; struct task_struct___b { int x; int tgid; } b;")).Btf!;
        CoreRelocationException refused = Assert.Throws<CoreRelocationException>(() => spec.Load(new LoadOptions { KernelBtf = contradictory }));
        Assert.IsAssignableFrom<BpfException>(refused);
        Assert.Equal("reads_task", refused.ProgramName);
        Assert.Contains("program 'reads_task' cannot be adapted", refused.Message, StringComparison.Ordinal);
        Assert.Contains("task_struct.tgid (FieldByteOffset)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_too_large_for_memory_is_named()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        spec.Maps["calls"].MaxEntries = uint.MaxValue;
        BpfException refused = Assert.Throws<BpfException>(() => spec.Load());
        Assert.Contains("Hash map 'calls'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_is_a_snapshot_of_typed_entries()
    {
        using BpfCollection loaded = BpfSource.Compile(BpfSource.Probes).Load();
        BpfMap<uint, ulong> calls = loaded.Maps["calls"].As<uint, ulong>();
        calls.Update(3, 4);
        MapEntries<uint, ulong> entries = calls.ReadAll();
        Assert.Equal([3u], entries.Keys.ToArray());
        Assert.Equal([4ul], entries.Values.ToArray());
    }

    private static string NamesOf(BpfCollection loaded) => string.Join(' ', loaded.Programs.Keys.Order(StringComparer.Ordinal));
}
