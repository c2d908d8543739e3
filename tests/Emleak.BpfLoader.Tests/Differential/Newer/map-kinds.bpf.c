#include "newer.h"

struct value { __u64 count; __u32 flags; };
struct prefix { __u32 length; __u8 address[4]; };

#define MAP(name, kind, ...) struct { __uint(type, kind); __VA_ARGS__ } name SEC(".maps")
MAP(hash, HASH, __uint(max_entries, 16); __type(key, __u32); __type(value, struct value); __uint(map_flags, 1););
MAP(percpu_hash, PERCPU_HASH, __uint(max_entries, 16); __type(key, __u32); __type(value, struct value););
MAP(percpu_array, PERCPU_ARRAY, __uint(max_entries, 4); __type(key, __u32); __type(value, struct value););
MAP(lru, LRU_HASH, __uint(max_entries, 64); __type(key, __u64); __type(value, struct value););
MAP(lru_percpu, LRU_PERCPU_HASH, __uint(max_entries, 64); __type(key, __u64); __type(value, struct value););
MAP(trie, LPM_TRIE, __uint(max_entries, 64); __uint(map_flags, 1); __type(key, struct prefix); __type(value, __u64););
MAP(queue, QUEUE, __uint(max_entries, 8); __type(value, struct value););
MAP(stack, STACK, __uint(max_entries, 8); __type(value, struct value););
MAP(bloom, BLOOM_FILTER, __uint(max_entries, 100); __type(value, __u32); __uint(map_extra, 3););
MAP(stacks, STACK_TRACE, __uint(max_entries, 16); __uint(key_size, 4); __uint(value_size, 8 * 20););
MAP(perf, PERF_EVENT_ARRAY, __uint(key_size, 4); __uint(value_size, 4););
MAP(ring, RINGBUF, __uint(max_entries, 4096););
MAP(from_user, USER_RINGBUF, __uint(max_entries, 4096););
MAP(tasks, TASK_STORAGE, __uint(map_flags, 1); __type(key, int); __type(value, struct value););
MAP(groups, CGRP_STORAGE, __uint(map_flags, 1); __type(key, int); __type(value, struct value););
MAP(sockets, SK_STORAGE, __uint(map_flags, 1); __type(key, int); __type(value, struct value););
MAP(socket_hash, SOCKHASH, __uint(max_entries, 4); __uint(key_size, 8); __uint(value_size, 4););
MAP(socket_map, SOCKMAP, __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 8););
MAP(devices, DEVMAP, __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 8););
MAP(devices_by_key, DEVMAP_HASH, __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 4););
MAP(cpus, CPUMAP, __uint(max_entries, 2); __uint(key_size, 4); __uint(value_size, 4););
MAP(node, ARRAY, __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); __uint(numa_node, 0););
MAP(mapped, ARRAY, __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); __uint(map_flags, 1 << 10););

static long from_user_record(void *dynptr, void *context) { return 0; }

SEC("tp_btf/sys_enter")
int uses(__u64 *ctx)
{
	__u32 key = 1;
	__u64 wide = 1;
	struct prefix prefix = { 32, { 127, 0, 0, 1 } };
	struct value value = {}, *found;

	found = bpf_map_lookup_elem(&hash, &key);
	if (found) __sync_fetch_and_add(&found->count, 1);
	found = bpf_map_lookup_elem(&percpu_hash, &key);
	if (found) found->count++;
	found = bpf_map_lookup_percpu_elem(&percpu_array, &key, 0);
	if (found) found->count++;
	found = bpf_map_lookup_elem(&lru, &wide);
	if (!found) bpf_map_update_elem(&lru_percpu, &wide, &value, 0);
	if (bpf_map_lookup_elem(&trie, &prefix)) bpf_map_push_elem(&queue, &value, 0);
	if (!bpf_map_pop_elem(&stack, &value)) bpf_map_push_elem(&bloom, &key, 0);
	if (!bpf_map_peek_elem(&bloom, &key)) bpf_get_stackid(ctx, &stacks, 0);
	bpf_perf_event_output(ctx, &perf, 0xffffffffULL, &value, sizeof(value));
	found = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 1);
	if (found) found->count++;
	bpf_user_ringbuf_drain(&from_user, from_user_record, 0, 0);
	__u64 *number = bpf_map_lookup_elem(&node, &key);
	if (number) *number += 1;
	number = bpf_map_lookup_elem(&mapped, &key);
	if (number) *number += 1;
	return 0;
}

SEC("xdp")
int looks_up(void *ctx)
{
	__u32 key = 1;
	return bpf_map_lookup_elem(&devices, &key) ? 2 : 1;
}
