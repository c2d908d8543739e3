using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Object;

/// <summary>An object with a bit of everything.</summary>
internal static class Fixture
{
    public const string Source = BpfPrelude.Text + """
        struct key { __u32 pid; __u32 pad; };
        struct value { __u64 count; __u64 when; };

        struct { __uint(type, 1); __type(key, struct key); __type(value, struct value); __uint(max_entries, 1024); __uint(map_flags, 1); } counts SEC(".maps");
        struct { __uint(type, 27); __uint(max_entries, 4096); } events SEC(".maps");
        struct { __uint(type, 5); __uint(key_size, 4); __uint(value_size, 16); __uint(max_entries, 7); __uint(pinning, 1); } per_cpu SEC(".maps");

        const volatile int target_pid = 17;
        const volatile __u64 limit = 1;
        static volatile const char flag = 3;
        int initialised = 5;
        static volatile __u64 seen;
        __u64 total;

        static __noinline int helper(struct value *value, __u64 now)
        {
            if (value->count > limit) return 1;
            value->when = now;
            total += value->count;
            return 0;
        }

        __noinline int global_helper(int number)
        {
            return number * 3 + target_pid + flag;
        }

        __hidden __noinline int hidden_helper(__u64 *number)
        {
            return (int)*number + initialised;
        }

        static long each(__u32 index, void *context)
        {
            seen += index;
            return 0;
        }

        SEC("uprobe/libc.so.6:malloc")
        int on_malloc(void *ctx)
        {
            struct key key = { .pid = bpf_get_current_pid_tgid() >> 32 };
            struct value *value = bpf_map_lookup_elem(&counts, &key);
            __u64 number = 5;
            if (!value) return 0;
            value->count++;
            return helper(value, bpf_ktime_get_ns()) + global_helper(4) + hidden_helper(&number);
        }

        SEC("?raw_tp/sched_switch")
        int on_switch(void *ctx)
        {
            bpf_loop(10, each, 0, 0);
            initialised++;
            return global_helper(2);
        }

        SEC("uretprobe.multi.s")
        int on_return(void *ctx) { __u32 key = 0; return bpf_map_lookup_elem(&per_cpu, &key) != 0; }
        """;

    public static byte[] Bytes { get; } = Tools.CompileBpf(Source, strip: true);

    public static BpfObject Parse() => BpfObject.Parse(Bytes);
}
