using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>Objects that use what those of libbpf-tools do not.</summary>
internal static class FeatureObjects
{
    private const string Macros = """
        #define __kconfig __attribute__((section(".kconfig")))
        #define __ksym __attribute__((section(".ksyms")))
        #define __weak __attribute__((weak))
        #define __array(name, val) typeof(val) *name[]
        typedef _Bool bool;
        enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };

        """;

    public static IReadOnlyDictionary<string, string> Sources { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["configuration"] = """
            extern int LINUX_KERNEL_VERSION __kconfig;
            extern bool LINUX_HAS_BPF_COOKIE __kconfig __weak;
            extern bool LINUX_HAS_SYSCALL_WRAPPER __kconfig __weak;
            extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig;
            extern bool CONFIG_BPF __kconfig;
            extern char CONFIG_BPF_JIT __kconfig;
            extern __u64 CONFIG_HZ __kconfig;
            extern int CONFIG_NOT_THERE __kconfig __weak;
            extern unsigned short CONFIG_NR_CPUS __kconfig __weak;
            extern char CONFIG_DEFAULT_HOSTNAME[8] __kconfig __weak;

            __u64 seen;

            SEC("raw_tp/sched_switch")
            int reads(void *ctx)
            {
                if (CONFIG_NOT_THERE) return *(int *)0;
                if (LINUX_KERNEL_VERSION >= 0x40000 && CONFIG_BPF) seen = CONFIG_HZ;
                if (LINUX_HAS_BPF_COOKIE) seen += CONFIG_BPF_JIT;
                if (LINUX_HAS_SYSCALL_WRAPPER) seen += CONFIG_NR_CPUS;
                return CONFIG_DEFAULT_HOSTNAME[1] + CONFIG_BPF_SYSCALL;
            }
            """,
        ["strong configuration that is not there"] = """
            extern int CONFIG_NOT_THERE __kconfig;
            SEC("raw_tp/sched_switch") int reads(void *ctx) { return CONFIG_NOT_THERE; }
            """,
        ["kernel symbols"] = """
            extern const void _stext __ksym;
            extern const void there_is_no_such_symbol __ksym __weak;
            __u64 address;
            SEC("raw_tp/sched_switch")
            int reads(void *ctx)
            {
                address = (__u64)&_stext;
                if (&there_is_no_such_symbol) return 1;
                return 0;
            }
            """,
        ["variable of the kernel"] = """
            struct rq { unsigned int nr_running; };
            extern const struct rq runqueues __ksym;
            extern const struct rq there_is_no_such_variable __ksym __weak;
            SEC("raw_tp/sched_switch")
            int reads(void *ctx) { return &there_is_no_such_variable ? 1 : runqueues.nr_running; }
            """,
        ["variable of another type"] = """
            extern const int runqueues __ksym __weak;
            SEC("raw_tp/sched_switch") int reads(void *ctx) { return &runqueues != 0; }
            """,
        ["strong symbol that is not there"] = """
            extern const void there_is_no_such_symbol __ksym;
            SEC("raw_tp/sched_switch") int reads(void *ctx) { return &there_is_no_such_symbol != 0; }
            """,
        ["kernel functions"] = """
            struct task_struct { int pid; } __attribute__((preserve_access_index));
            extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
            extern void bpf_task_release(struct task_struct *p) __ksym;
            extern void there_is_no_such_function(int) __ksym __weak;
            static __noinline int looks(int pid)
            {
                struct task_struct *task = bpf_task_from_pid(pid);
                if (!task) return 0;
                bpf_task_release(task);
                return 1;
            }
            SEC("tp_btf/task_newtask")
            int calls(__u64 *ctx)
            {
                if (there_is_no_such_function) there_is_no_such_function(1);
                return looks(1) + looks(2);
            }
            """,
        ["strong function that is not there"] = """
            extern int there_is_no_such_function(int) __ksym;
            SEC("tp_btf/task_newtask") int calls(__u64 *ctx) { return there_is_no_such_function(1); }
            """,
        ["maps of maps and of programs"] = """
            struct inner { __uint(type, 2); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } first SEC(".maps"), second SEC(".maps");
            struct {
                __uint(type, 12); __uint(max_entries, 8); __type(key, __u32); __array(values, struct inner);
            } outer SEC(".maps") = { .values = { [1] = &first, [5] = &second } };
            struct {
                __uint(type, 13); __uint(max_entries, 8); __uint(key_size, 8); __uint(value_size, 4);
                __array(values, struct { __uint(type, 1); __uint(max_entries, 16); __type(key, __u64); __type(value, __u32); });
            } by_key SEC(".maps");
            int tail(void *ctx);
            struct {
                __uint(type, 3); __uint(max_entries, 4); __uint(key_size, 4); __array(values, int(void *));
            } jumps SEC(".maps") = { .values = { [2] = (void *)&tail } };
            static long (*bpf_tail_call)(void *ctx, void *map, __u32 index) = (void *)12;
            SEC("raw_tp/sched_switch")
            int tail(void *ctx) { return 7; }
            SEC("raw_tp/sched_switch")
            int jump(void *ctx)
            {
                __u32 key = 1;
                __u64 wide = 1;
                void *inner = bpf_map_lookup_elem(&outer, &key);
                if (inner) { __u64 *value = bpf_map_lookup_elem(inner, &key); if (value) *value += 1; }
                inner = bpf_map_lookup_elem(&by_key, &wide);
                if (inner) return 1;
                bpf_tail_call(ctx, &jumps, 2);
                return 0;
            }
            """,
        ["data sections"] = """
            const volatile int constant = 5;
            const volatile int other SEC(".rodata.more") = 6;
            int counter SEC(".data.mine") = 7;
            int zero;
            static const char *names[] = { "one", "two" };
            static volatile int hidden = 1;
            int table[4] = { 1, 2, 3, 4 };
            SEC("raw_tp/sched_switch")
            int reads(void *ctx)
            {
                counter += constant + other + hidden;
                zero += table[counter & 3];
                return ((volatile __u64 *)names)[counter & 1] != 0;
            }
            """,
        ["functions and callbacks"] = """
            struct timer { __u64 :64; __u64 :64; } __attribute__((aligned(8)));
            struct { __uint(type, 1); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } map SEC(".maps");
            static long (*bpf_for_each_map_elem)(void *map, void *callback, void *ctx, __u64 flags) = (void *)164;
            static long each(void *map, __u32 *key, __u64 *value, void *ctx) { *(__u64 *)ctx += *value; return 0; }
            static long step(__u32 index, void *ctx) { *(__u64 *)ctx += index; return 0; }
            __noinline int global(int number) { return number * 3; }
            __weak __noinline int weak(int number) { return global(number) + 1; }
            static __noinline int inner(__u64 *sum) { bpf_loop(10, step, sum, 0); return weak(*sum); }
            SEC("raw_tp/sched_switch")
            int calls(void *ctx)
            {
                __u64 sum = 0;
                bpf_for_each_map_elem(&map, each, &sum, 0);
                return inner(&sum) + global(4);
            }
            SEC("raw_tp/sched_process_exec")
            int calls_too(void *ctx) { __u64 sum = 1; return inner(&sum); }
            """,
        ["size of a type that is not there"] = """
            struct no_such { int a; };
            int size;
            SEC("raw_tp/sched_switch") int p(void *ctx) { size = __builtin_preserve_type_info(*(struct no_such *)0, 1); return 0; }
            """,
        ["number of a type that is not there"] = """
            struct no_such { int a; };
            typedef struct no_such no_such_t;
            __u64 id;
            SEC("raw_tp/sched_switch") int q(void *ctx) { id = __builtin_btf_type_id(*(struct no_such *)0, 1); return 0; }
            SEC("raw_tp/sched_switch") int r(void *ctx) { id = __builtin_preserve_type_info(*(no_such_t *)0, 1); return 0; }
            """,
        ["types with an unnamed parameter"] = """
            struct { __uint(type, 1); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } map SEC(".maps");
            int seen;
            SEC("raw_tp/sched_switch") int p(void *) { __u32 key = seen++; return bpf_map_lookup_elem(&map, &key) != 0; }
            """,
        ["types with a name that is no C name"] = """
            int seen __asm__("alloc::seen");
            static __noinline int next(int number) { return number + seen++; }
            SEC("raw_tp/sched_switch") int p(void *ctx) { return next(seen); }
            """,
        ["buffers of odd sizes"] = """
            struct { __uint(type, 31); __uint(max_entries, 8); } u SEC(".maps");
            struct { __uint(type, 31); __uint(max_entries, 12288); } more SEC(".maps");
            struct { __uint(type, 27); __uint(max_entries, 5000); } ring SEC(".maps");
            static long (*bpf_ringbuf_query)(void *, __u64) = (void *)134;
            SEC("raw_tp/sched_switch") int p(void *ctx) { return bpf_ringbuf_query(&ring, 0) + bpf_ringbuf_query(&u, 0); }
            """,
        ["structure of functions that is not complete"] = """
            struct sock;
            struct tcp_congestion_ops { char name[16]; __u32 (*ssthresh)(struct sock *); };
            SEC("struct_ops/ss") __u32 ss(__u64 *ctx) { return 2; }
            SEC(".struct_ops") struct tcp_congestion_ops incompl = { .ssthresh = (void *)ss, .name = "bpf_incompl" };
            """,
        ["structure of functions without a name"] = """
            struct sock;
            struct tcp_congestion_ops { char name[16]; __u32 (*ssthresh)(struct sock *); __u32 (*undo_cwnd)(struct sock *); };
            SEC("struct_ops/ss") __u32 ss(__u64 *ctx) { return 2; }
            SEC("struct_ops/undo") __u32 undo(__u64 *ctx) { return 2; }
            SEC(".struct_ops") struct tcp_congestion_ops unnamed = { .ssthresh = (void *)ss, .undo_cwnd = (void *)undo };
            """,
        ["newer types"] = """
            enum wide { SMALL = 1, LARGE = 0x100000000ULL };
            enum negative { MINUS = -1, PLUS = 1 };
            struct tagged { int __attribute__((btf_type_tag("user"))) *pointer; enum wide wide; enum negative negative; float number; }
                __attribute__((btf_decl_tag("tagged")));
            struct { __uint(type, 1); __uint(max_entries, 16); __type(key, __u32); __type(value, struct tagged); } map SEC(".maps");
            SEC("raw_tp/sched_switch")
            int uses(void *ctx) { __u32 key = 1; struct tagged *found = bpf_map_lookup_elem(&map, &key); return found && found->wide == LARGE; }
            """,
    };

    public static byte[] Compile(string name) => Tools.CompileBpf(BpfPrelude.Text + Macros + Sources[name], "-O2 -mcpu=v3 -Wno-extern-initializer");
}
