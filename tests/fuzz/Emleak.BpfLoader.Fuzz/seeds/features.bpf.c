// A bit of everything that an object may have. generate.sh makes the seeds from it.
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __weak __attribute__((weak))
#define __noinline __attribute__((noinline))

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_tail_call)(void *ctx, void *map, u32 index) = (void *)12;
static long (*bpf_loop)(u32 nr, void *callback, void *ctx, u64 flags) = (void *)181;

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_BPF __kconfig __weak;
extern const void _stext __ksym;
extern void kernel_function(int) __ksym __weak;

enum wide { SMALL = 1, LARGE = 0x100000000ULL };
struct tagged { int __attribute__((btf_type_tag("user"))) *pointer; enum wide wide; double number; unsigned bits : 5; } __attribute__((btf_decl_tag("tag")));
struct task_struct { int tgid; struct { char comm[16]; }; } __attribute__((preserve_access_index));

struct inner { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, struct tagged); } first SEC(".maps"), second SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 8); __type(key, u32); __array(values, struct inner); } outer SEC(".maps") = { .values = { [1] = &first, [5] = &second } };
int tail(void *ctx);
struct { __uint(type, 3); __uint(max_entries, 4); __uint(key_size, 4); __array(values, int(void *)); } jumps SEC(".maps") = { .values = { [2] = (void *)&tail } };

const volatile int constant = 5;
int counter SEC(".data.mine") = 7;
u64 address;

static long step(u32 index, void *ctx) { *(u64 *)ctx += index; return 0; }
__noinline int global(int number) { return number * constant; }
static __noinline int local(u64 *sum) { bpf_loop(10, step, sum, 0); return global(*sum); }

SEC("raw_tp/sched_switch") int tail(void *ctx) { return counter++; }

SEC("?uprobe//bin/sh:main+8")
int probe(void *ctx)
{
	u32 key = 1;
	u64 sum = CONFIG_BPF ? LINUX_KERNEL_VERSION : 0;
	struct task_struct *task = *(struct task_struct **)ctx;
	void *map = bpf_map_lookup_elem(&outer, &key);
	if (map) bpf_map_lookup_elem(map, &key);
	address = (u64)&_stext + (u64)&task->tgid + (u64)&task->comm[3] + __builtin_preserve_enum_value(*(enum wide *)LARGE, 1);
	if (kernel_function) kernel_function(1);
	bpf_tail_call(ctx, &jumps, 2);
	return local(&sum);
}

char LICENSE[] SEC("license") = "GPL";
