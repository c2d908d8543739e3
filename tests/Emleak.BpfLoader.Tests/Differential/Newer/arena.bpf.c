#include "newer.h"

#define __arena __attribute__((address_space(1)))

struct { __uint(type, ARENA); __uint(map_flags, 1 << 10); __uint(max_entries, 100); } arena SEC(".maps");

extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *address, __u32 count, int node, __u64 flags) __ksym __weak;
extern void bpf_arena_free_pages(void *map, void __arena *address, __u32 count) __ksym __weak;

struct node { struct node __arena *next; __u64 value; };

__u64 __arena started = 5;
__u64 __arena table[4] = { 1, 2, 3, 4 };
struct node __arena *list;
__u64 sum;

SEC("syscall")
int builds(void *ctx)
{
	started += 1;
	table[started & 3] *= 10;
	struct node __arena *page = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
	if (!page) return 1;
	page[0].value = 7;
	page[1].value = 8;
	page[0].next = &page[1];
	page[1].next = 0;
	list = page;
	sum = 0;
	for (int i = 0; i < 2; i++) sum += page[i].value + page[0].next->value;
	return 0;
}

SEC("syscall")
int frees(void *ctx) { bpf_arena_free_pages(&arena, list, 1); return 0; }
