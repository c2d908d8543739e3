using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Maps;

/// <summary>Maps that are used with programs, and shared with others.</summary>
public sealed class ProgramMapTests : IDisposable
{
    private const string Source = """
        static long (*bpf_tail_call)(void *, void *, u32) = (void *)12;
        static long (*bpf_get_stackid)(void *, void *, u64) = (void *)27;
        static void *(*bpf_task_storage_get)(void *, void *, void *, u64) = (void *)156;
        static void *(*bpf_get_current_task_btf)(void) = (void *)158;
        u64 behind;
        u64 stack;
        struct {
            __uint(type, 3);
            __uint(max_entries, 4);
            __uint(key_size, 4);
            __uint(value_size, 4);
        } jumps SEC(".maps");
        struct {
            __uint(type, 7);
            __uint(max_entries, 64);
            __uint(key_size, 4);
            __uint(value_size, 127 * 8);
        } stacks SEC(".maps");
        struct {
            __uint(type, 29);
            __uint(map_flags, 1);
            __type(key, int);
            __type(value, u64);
        } counts SEC(".maps");
        struct {
            __uint(type, 6);
            __uint(max_entries, 1);
            __type(key, u32);
            __type(value, u64);
        } by_cpu SEC(".maps");

        SEC("uprobe") int first(void *ctx)
        {
            u32 zero = 0;
            u64 *here = bpf_map_lookup_elem(&by_cpu, &zero);
            u64 *at_task = bpf_task_storage_get(&counts, bpf_get_current_task_btf(), 0, 1);
            if (here)
                *here += 1;
            if (at_task)
                *at_task += 1;
            stack = bpf_get_stackid(ctx, &stacks, 1 << 8);
            bpf_tail_call(ctx, &jumps, 2);
            __sync_fetch_and_add(&behind, 1);
            return 0;
        }
        u64 reached;
        SEC("uprobe") int second(void *ctx)
        {
            __sync_fetch_and_add(&reached, 1);
            return 0;
        }
        """;

    private const string Pinned = """
        struct {
            __uint(type, 1);
            __uint(max_entries, 10);
            __uint(pinning, 1);
            __type(key, u32);
            __type(value, u64);
        } shared SEC(".maps");
        SEC("uprobe") int uses(void *ctx)
        {
            u32 key = 1;
            return bpf_map_lookup_elem(&shared, &key) != 0;
        }
        """;

    private readonly ProbedProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_program_jumps_to_the_one_that_was_put_in()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = BpfSource.Compile(Source).Load();
        ProgramArray jumps = loaded.Maps["jumps"].AsProgramArray();
        using BpfLink link = Attach(loaded, process);
        process.Call(1);
        Assert.Null(jumps.FindId(2));
        jumps.Update(2, loaded.Programs["second"]);
        Assert.Equal(loaded.Programs["second"].GetInfo().Id, jumps.FindId(2));
        process.Call(10);
        Assert.True(jumps.Delete(2));
        Assert.False(jumps.Delete(2));
        process.Call(100);
        Assert.Equal(101ul, loaded.ReadVariable<ulong>("behind"));
        Assert.Equal(10ul, loaded.ReadVariable<ulong>("reached"));
    }

    [Fact]
    public void Counts_by_cpu_and_by_task_add_up()
    {
        using ProbedProcess process = new(_program);
        using ProbedProcess other = new(_program);
        using BpfCollection loaded = BpfSource.Compile(Source).Load();
        using BpfLink link = Attach(loaded, process);
        process.Call(1_000);
        PerCpuMap<uint, ulong> byCpu = loaded.Maps["by_cpu"].AsPerCpu<uint, ulong>();
        ulong[] values = new ulong[byCpu.CpuCount];
        Assert.True(byCpu.TryLookup(0, values));
        Assert.Equal(1_000ul, values.Aggregate((sum, value) => sum + value));
        TaskStorage<ulong> counts = loaded.Maps["counts"].AsTaskStorage<ulong>();
        Assert.True(counts.TryLookup(process.Pid, out ulong count));
        Assert.Equal(1_000ul, count);
        Assert.False(counts.TryLookup(other.Pid, out _));
        counts.Update(process.Pid, 5_000ul);
        process.Call(1);
        Assert.True(counts.TryLookup(process.Pid, out count));
        Assert.Equal(5_001ul, count);
        Assert.True(counts.Delete(process.Pid));
        Assert.False(counts.Delete(process.Pid));
        Assert.Equal(3, Assert.Throws<BpfException>(() => counts.TryLookup(int.MaxValue, out _)).ErrorNumber);
    }

    [Fact]
    public void A_call_stack_starts_in_the_probed_function()
    {
        using ProbedProcess process = new(_program);
        using BpfCollection loaded = BpfSource.Compile(Source).Load();
        using (Attach(loaded, process)) process.Call(1);
        StackTraces stacks = loaded.Maps["stacks"].AsStackTraces();
        Assert.Equal(127, stacks.MaxDepth);
        ulong[] addresses = new ulong[stacks.MaxDepth];
        uint id = (uint)loaded.ReadVariable<ulong>("stack");
        Assert.InRange(stacks.Read(id, addresses), 1, stacks.MaxDepth);
        // Files are loaded page by page.
        Assert.Equal(_program.Offset & 0xfff, addresses[0] & 0xfff);
        Assert.True(stacks.Delete(id));
        Assert.Equal(0, stacks.Read(id, addresses));
        Assert.Throws<ArgumentException>(() => stacks.Read(id, new ulong[10]));
    }

    [Fact]
    public void A_map_that_asks_for_it_is_pinned_and_shared()
    {
        using FileSystemMount bpf = new("bpf");
        LoadOptions options = new() { PinFolder = bpf.Folder };
        BpfObject spec = BpfSource.Compile(Pinned);
        using (BpfCollection first = spec.Load(options)) first.Maps["shared"].As<uint, ulong>().Update(1, 11);
        using (BpfCollection second = spec.Load(options))
        {
            Assert.True(second.Maps["shared"].As<uint, ulong>().TryLookup(1, out ulong value));
            Assert.Equal(11ul, value);
        }

        using (BpfMap opened = BpfMap.OpenPinned(bpf.PathOf("shared")))
        {
            Assert.Equal("shared", opened.Name);
            Assert.True(opened.As<uint, ulong>().Delete(1));
        }

        spec.Maps["shared"].MaxEntries = 20;
        BpfException different = Assert.Throws<BpfException>(() => spec.Load(options));
        Assert.Contains("is not as the object declares it", different.Message, StringComparison.Ordinal);
        Assert.Contains("MaxEntries = 10", different.Message, StringComparison.Ordinal);
        using FileSystemMount other = new("tmpfs");
        BpfException nowhere = Assert.Throws<BpfException>(() => spec.Load(new LoadOptions { PinFolder = other.Folder }));
        Assert.Contains("BPF file system", nowhere.Message, StringComparison.Ordinal);
        File.Delete(bpf.PathOf("shared"));
        using BpfCollection larger = spec.Load(options);
        Assert.Equal(20u, larger.Maps["shared"].MaxEntries);
        Assert.True(File.Exists(bpf.PathOf("shared")));
    }

    private BpfLink Attach(BpfCollection loaded, ProbedProcess process) =>
        loaded.Programs["first"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = process.Pid });
}
