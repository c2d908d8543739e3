/* SPDX-License-Identifier: BSD-3-Clause */
/* The books: every outstanding block by its address, and what the blocks of each stack hold together. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "stack.h"
#include "target.h"

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4194304);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct allocation);
} allocations SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 65537);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct total);
} totals SEC(".maps");

inline_always void add_to_total(u64 stack, s64 bytes, s64 blocks)
{
	struct total *total = bpf_map_lookup_elem(&totals, &stack);

	if (!total)
		return;
	__sync_fetch_and_add(&total->bytes, bytes);
	__sync_fetch_and_add(&total->count, blocks);
}

/* The key of the current stack, which has its entry in `totals` from now on: 0 when there is no room for a new one. */
inline_always u64 current_stack(struct pt_regs *regs)
{
	static const volatile struct total nothing;
	u64 key = stack_key(regs);

	if (bpf_map_lookup_elem(&totals, &key))
		return key;
	if (store_stack(regs, key)) {
		long error = bpf_map_update_elem(&totals, &key, (const void *)&nothing, BPF_NOEXIST);

		if (!error || error == -EEXIST)
			return key;
	}
	count(unrecorded_stacks, 1);
	return 0;
}

inline_always int take_block(u64 address, struct allocation *taken)
{
	struct allocation *block = bpf_map_lookup_elem(&allocations, &address);

	if (!block)
		return 0;
	*taken = *block;
	/* Of two threads that release one block at the same time, one finds it gone. */
	if (bpf_map_delete_elem(&allocations, &address))
		return 0;
	add_to_total(taken->stack, -taken->size, -1);
	return 1;
}

inline_always void put_block(u64 address, const struct allocation *block)
{
	long error = bpf_map_update_elem(&allocations, &address, block, BPF_NOEXIST);

	if (error == -EEXIST) {
		struct allocation replaced;

		count(missed_releases, 1);
		take_block(address, &replaced);
		error = bpf_map_update_elem(&allocations, &address, block, BPF_ANY);
	}
	if (error) {
		count(untracked_blocks, 1);
		count(untracked_bytes, block->size);
		return;
	}
	add_to_total(block->stack, block->size, 1);
}

inline_always void release_block(u64 address)
{
	struct allocation released;

	if (!take_block(address, &released))
		count(unknown_releases, 1);
}

#endif
