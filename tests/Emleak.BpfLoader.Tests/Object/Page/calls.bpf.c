typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __kconfig __attribute__((section(".kconfig")))
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static u64 (*bpf_get_current_task)(void) = (void *)35;
static long (*bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*bpf_ringbuf_output)(void *map, const void *data, u64 size, u64 flags) = (void *)130;

// snippet: program
extern int LINUX_KERNEL_VERSION __kconfig;

struct task_struct { int tgid; } __attribute__((preserve_access_index));

struct call { u32 pid; u32 number; };

struct { __uint(type, 1 /* hash */); __uint(max_entries, 1024); __type(key, u32); __type(value, u64); } counts SEC(".maps");
struct { __uint(type, 27 /* ring buffer */); __uint(max_entries, 65536); } calls SEC(".maps");

const volatile u32 report_from = 1;
u64 total;

SEC("uprobe")
int on_call(void *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 one = 1, *count = bpf_map_lookup_elem(&counts, &pid);
	if (count) __sync_fetch_and_add(count, 1);
	else bpf_map_update_elem(&counts, &pid, &one, 0);
	__sync_fetch_and_add(&total, 1);
	struct call call = { pid, total };
	if (total >= report_from) bpf_ringbuf_output(&calls, &call, sizeof(call), 0);
	return 0;
}

int last_tgid, kernel;

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	bpf_probe_read_kernel(&last_tgid, sizeof(last_tgid), &task->tgid);
	kernel = LINUX_KERNEL_VERSION;
	return 0;
}
// end

struct inner { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } first SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 8); __type(key, u32); __array(values, struct inner); } outer SEC(".maps") = { .values = { [1] = &first } };

char LICENSE[] SEC("license") = "GPL";
