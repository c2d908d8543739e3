using System.Runtime.InteropServices;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>BPF programs of the tests, compiled by clang when they are needed.</summary>
internal static class BpfSource
{
    /// <summary>What every program starts with; helpers by their numbers in linux/bpf.h.</summary>
    private const string Prelude = """
        typedef unsigned char u8;
        typedef unsigned int u32;
        typedef unsigned long long u64;
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) typeof(val) *name
        static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
        static long (*bpf_map_update_elem)(void *, const void *, const void *, u64) = (void *)2;
        static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
        static long (*bpf_ringbuf_output)(void *, void *, u64, u64) = (void *)130;
        static void *(*bpf_ringbuf_reserve)(void *, u64, u64) = (void *)131;
        static void (*bpf_ringbuf_submit)(void *, u64) = (void *)132;
        static void (*bpf_ringbuf_discard)(void *, u64) = (void *)133;
        static u64 (*bpf_get_current_task)(void) = (void *)35;
        static long (*bpf_probe_read_kernel)(void *, u32, const void *) = (void *)113;
        static u64 (*bpf_get_attach_cookie)(void *) = (void *)174;
        char LICENSE[] SEC("license") = "GPL";

        """;

    /// <summary>Offset of the register that holds a function's first argument, in <c>struct pt_regs</c>.</summary>
    private static int ArgumentOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 112 : 0;

    /// <summary>Offset of the register that holds a function's result.</summary>
    private static int ResultOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 80 : 0;

    /// <summary>
    /// Counts calls, scaled by a constant; by process in a hash map; sums arguments and results; sends each argument.
    /// </summary>
    public const string Probes = """
        const volatile u64 scale = 1;
        u64 scaled;
        u64 returned;
        u64 argument_sum = 5;
        u64 result_sum;
        u64 last_cookie;
        u64 watched_pid;
        u64 watched_execs;

        struct {
            __uint(type, 1);
            __uint(max_entries, 1024);
            __type(key, u32);
            __type(value, u64);
        } calls SEC(".maps");

        struct {
            __uint(type, 27);
            __uint(max_entries, 65536);
        } events SEC(".maps");

        SEC("uprobe")
        int on_call(void *ctx)
        {
            u64 argument = *(u64 *)(ctx + ARGUMENT);
            u32 pid = bpf_get_current_pid_tgid() >> 32;
            u64 one = 1;
            u64 *count = bpf_map_lookup_elem(&calls, &pid);
            if (count)
                __sync_fetch_and_add(count, 1);
            else
                bpf_map_update_elem(&calls, &pid, &one, 0);
            __sync_fetch_and_add(&scaled, scale);
            __sync_fetch_and_add(&argument_sum, argument);
            bpf_ringbuf_output(&events, &argument, sizeof(argument), 0);
            return 0;
        }

        SEC("uretprobe")
        int on_return(void *ctx)
        {
            __sync_fetch_and_add(&returned, 1);
            __sync_fetch_and_add(&result_sum, *(u64 *)(ctx + RESULT));
            return 0;
        }

        SEC("uprobe")
        int with_cookie(void *ctx)
        {
            last_cookie = bpf_get_attach_cookie(ctx);
            return 0;
        }

        SEC("raw_tp/sched_process_exec")
        int on_exec(void *ctx)
        {
            if (bpf_get_current_pid_tgid() >> 32 == watched_pid)
                __sync_fetch_and_add(&watched_execs, 1);
            return 0;
        }
        """;

    /// <summary>The verifier cannot know where the argument points.</summary>
    public const string Refused = """
        SEC("uprobe")
        int follows_a_number(void *ctx)
        {
            u64 *anywhere = *(u64 **)(ctx + ARGUMENT);
            return *anywhere == 1;
        }
        """;

    /// <summary>Reads a member of the kernel's own structure, wherever this kernel has it.</summary>
    public const string ReadsTask = """
        struct task_struct {
            int tgid;
            int nonsense;
        } __attribute__((preserve_access_index));

        int tgid;

        SEC("uprobe")
        int reads_task(void *ctx)
        {
            struct task_struct *task = (void *)bpf_get_current_task();
            bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
            return 0;
        }
        """;

    /// <summary>Asks for a member that no kernel has.</summary>
    public const string ReadsNonsense = ReadsTask + """

        SEC("uprobe")
        int reads_nonsense(void *ctx)
        {
            struct task_struct *task = (void *)bpf_get_current_task();
            bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->nonsense);
            return 0;
        }
        """;

    /// <summary>
    /// Sends the argument in records of changing size, every seventh with a discarded record before it. Records that find
    /// no room are counted.
    /// </summary>
    public const string Stream = """
        u64 lost;

        struct {
            __uint(type, 27);
            __uint(max_entries, 65536);
        } events SEC(".maps");

        SEC("uprobe")
        int on_call(void *ctx)
        {
            u64 payload[8] = {};
            u64 argument = *(u64 *)(ctx + ARGUMENT);
            if (argument % 7 == 0) {
                u64 *dropped = bpf_ringbuf_reserve(&events, 24, 0);
                if (dropped) {
                    *dropped = ~0ULL;
                    bpf_ringbuf_discard(dropped, 0);
                }
            }
            payload[0] = argument;
            payload[argument & 7] = argument;
            if (bpf_ringbuf_output(&events, payload, ((argument & 7) + 1) * 8, 0))
                __sync_fetch_and_add(&lost, 1);
            return 0;
        }
        """;

    public static BpfObject Compile(string source) => BpfObject.Parse(Tools.CompileBpf(
        $"#define ARGUMENT {ArgumentOffset}\n#define RESULT {ResultOffset}\n{Prelude}{source}"));
}
