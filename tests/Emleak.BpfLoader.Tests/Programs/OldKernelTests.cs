using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>
/// Objects that kernels since 4.18 can load. <see cref="MaskedTests"/> runs these tests with what those kernels lack masked.
/// </summary>
public sealed class OldKernelTests
{
    private const string Source = """
        #define __noinline __attribute__((noinline))
        static long (*bpf_probe_read_user)(void *, u32, const void *) = (void *)112;
        static long (*bpf_probe_read_user_str)(void *, u32, const void *) = (void *)114;

        struct task_struct { int tgid; } __attribute__((preserve_access_index));

        const volatile u8 tiny = 200;
        const volatile short negative = -3;
        const volatile u32 unsigned_word = 0xfffffff0;
        const volatile u64 wide = 0x1122334455667788;
        const volatile u32 table[8] = { 1, 2, 4, 8, 16, 32, 64, 128 };
        const volatile u32 hook = 0;

        u64 sum_of_constants, picked, calls, deep, tgid;
        u64 initialised = 1000;
        u8 text[16];

        struct { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } array SEC(".maps");

        static __noinline u64 five(u64 a, u64 b, u64 c, u64 d, u64 e)
        {
            initialised += a + 2 * b + 3 * c + 4 * d + 5 * e;
            return initialised + e;
        }

        static __noinline u64 buffered(u64 from)
        {
            volatile u64 room[8] = {};
            for (int i = 0; i < 8; i++) room[i] = from + i;
            deep += room[7];
            return room[from & 7];
        }

        SEC("uprobe")
        int on_call(void *ctx)
        {
            u64 argument = *(u64 *)(ctx + ARGUMENT);
            u32 key = argument & 3;
            u64 *value = bpf_map_lookup_elem(&array, &key);
            struct task_struct *task = (void *)bpf_get_current_task();
            int id = 0;
            if (value) *value += tiny;
            sum_of_constants = wide + tiny + negative + unsigned_word;
            for (int i = 0; i < 2; i++) calls += table[argument & 7] > 16 ? 1 : 0;
            __sync_fetch_and_add(&calls, 10);
            picked = table[argument & 7];
            five(argument, 1, 1, 1, buffered(argument));
            bpf_probe_read_kernel(&id, sizeof(id), &task->tgid);
            tgid = id;
            bpf_probe_read_user_str(text, sizeof(text), *(void **)(ctx + ARGUMENT));
            if (hook) bpf_probe_read_user(text, sizeof(text), (void *)argument);
            return 0;
        }
        """;

    private static LoadOptions Given => new() { KernelBtf = BtfTypes.Parse(File.ReadAllBytes("/sys/kernel/btf/vmlinux")) };

    [Fact]
    public void Variables_and_constants_are_what_the_program_and_user_space_make_of_them()
    {
        using ProbedProgram program = new();
        using ProbedProcess process = new(program);
        BpfObject spec = BpfSource.Compile(Source);
        spec.SetConstant("tiny", (byte)201);
        using BpfCollection loaded = spec.Load(Given);
        loaded.WriteVariable("deep", 5ul);
        using BpfLink link = loaded.Programs["on_call"].AttachUprobe(program.Path, program.Offset, new UprobeOptions { Pid = process.Pid });
        process.Call(8);
        Assert.Equal(201 - 3 + 0xfffffff0ul + 0x1122334455667788ul, loaded.ReadVariable<ulong>("sum_of_constants"));
        Assert.Equal(128ul, loaded.ReadVariable<ulong>("picked"));
        Assert.Equal(80ul + (2 * 3), loaded.ReadVariable<ulong>("calls"));
        Assert.Equal(5ul + (ulong)Enumerable.Range(0, 8).Sum(static n => n + 7), loaded.ReadVariable<ulong>("deep"));
        Assert.Equal(1000ul + (ulong)Enumerable.Range(0, 8).Sum(static n => n + 2 + 3 + 4 + (5 * (n + (n & 7)))), loaded.ReadVariable<ulong>("initialised"));
        Assert.Equal((ulong)process.Pid, loaded.ReadVariable<ulong>("tgid"));
        Assert.True(loaded.Maps["array"].As<uint, ulong>().TryLookup(3, out ulong third));
        Assert.Equal(2ul * 201, third);
        Assert.Equal(0x1122334455667788ul, loaded.ReadVariable<ulong>("wide"));
        Assert.Equal(1, Assert.Throws<BpfException>(() => loaded.WriteVariable("wide", 1ul)).ErrorNumber);
    }

    [Fact]
    public void An_array_that_asks_to_be_mapped_can_be_read_by_calls()
    {
        MapSpec spec = new("numbers") { Type = Abi.BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 4, Flags = 1 << 10 };
        using BpfMap map = BpfMap.Create(spec);
        map.As<uint, ulong>().Update(2, 7);
        Assert.True(map.As<uint, ulong>().TryLookup(2, out ulong value));
        Assert.Equal(7ul, value);
        Assert.Equal(KernelFeatures.MappableArrays.IsMasked, map.Flags == 0);
    }

    [Fact]
    public void What_a_kernel_without_types_lacks_is_no_error_where_programs_can_do_without()
    {
        const string Externs = """
            #define __weak __attribute__((weak))
            extern const int there_is_no_such_variable __attribute__((section(".ksyms"))) __weak;
            SEC("raw_tp/sched_process_exec") int looks(void *ctx) { return &there_is_no_such_variable != 0; }
            """;
        using BpfCollection loaded = BpfSource.Compile(Externs).Load();
        Assert.Single(loaded.Programs);
    }
}
