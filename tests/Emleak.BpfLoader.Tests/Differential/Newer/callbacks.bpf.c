#include "newer.h"

struct bpf_timer { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_wq { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct element { struct bpf_timer timer; __u64 fired; };
struct work { struct bpf_wq work; __u64 done; };

struct { __uint(type, ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, struct element); } timers SEC(".maps");
struct { __uint(type, ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, struct work); } works SEC(".maps");
struct { __uint(type, HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } entries SEC(".maps");

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __weak __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __weak __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback)(void *, int *, void *), unsigned int flags, void *aux) __weak __ksym;

__u64 looped, walked, fired, worked, deepest;

static long add_index(__u32 index, __u64 *sum) { *sum += index; return 0; }
static long outer_step(__u32 index, __u64 *sum) { bpf_loop(index, add_index, sum, 0); return 0; }
static long add_entry(void *map, __u32 *key, __u64 *value, __u64 *sum) { *sum += *value * *key; return 0; }
static int on_timer(void *map, __u32 *key, struct element *element) { fired += 1 + *key; return 0; }
static int on_work(void *map, int *key, void *value) { worked++; return 0; }

SEC("syscall")
int loops(void *ctx)
{
	__u64 sum = 0;
	bpf_loop(10, outer_step, &sum, 0);
	looped = sum;
	for (__u32 i = 1; i <= 5; i++) {
		__u32 key = i;
		__u64 value = i * 10;
		bpf_map_update_elem(&entries, &key, &value, 0);
	}
	sum = 0;
	bpf_for_each_map_elem(&entries, add_entry, &sum, 0);
	walked = sum;
	return 0;
}

SEC("syscall")
int starts_timer(void *ctx)
{
	__u32 key = 1;
	struct element *element = bpf_map_lookup_elem(&timers, &key);
	if (!element) return 1;
	bpf_timer_init(&element->timer, &timers, 1);
	bpf_timer_set_callback(&element->timer, on_timer);
	bpf_timer_start(&element->timer, 1000, 0);
	return 0;
}

SEC("syscall")
int starts_work(void *ctx)
{
	__u32 key = 0;
	struct work *work = bpf_map_lookup_elem(&works, &key);
	if (!work || !bpf_wq_init || !bpf_wq_set_callback_impl) return 1;
	bpf_wq_init(&work->work, &works, 0);
	bpf_wq_set_callback_impl(&work->work, on_work, 0, 0);
	bpf_wq_start(&work->work, 0);
	return 0;
}
