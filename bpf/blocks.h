/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The books: every outstanding block by its address, and what the blocks of each stack hold together.
 *
 * Allocators hand out addresses that lie close together, again and again. So most blocks are kept in lines: a map entry
 * for 256 bytes of the process's memory, once made and then only written, with a cell for each place where a block can
 * start. What has no cell (large, odd, or beyond the lines) is kept in a hash map, block by block.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "stack.h"
#include "target.h"

enum {
	LINE_SHIFT = 8,
	/* No allocator of a 64-bit machine aligns less. */
	CELL_SHIFT = 3,
	CELLS = 1 << (LINE_SHIFT - CELL_SHIFT),
};

/* Size in the lower half, number of the stack in the upper one, plus one: 0 is an empty cell. */
struct line {
	u64 cells[CELLS];
};

/* 64 MB of addresses, at most 80 MB of the kernel's memory. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 262144);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct line);
} lines SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4194304);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct allocation);
} allocations SEC(".maps");

/* Set once `allocations` has had a block: until then nothing is looked for there. */
u8 uses_allocations;
/* Set once `lines` is full. */
u8 lines_are_full;

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, MAX_STACKS);
	MAP_NUMBER(map_flags, BPF_F_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct total);
} totals SEC(".maps");

inline_always void add_to_total(u32 stack, s64 bytes, s64 blocks)
{
	struct total *total = bpf_map_lookup_elem(&totals, &stack);

	if (!total)
		return;
	__sync_fetch_and_add(&total->bytes, bytes);
	__sync_fetch_and_add(&total->count, blocks);
}

inline_always u64 *find_cell(u64 address, int make)
{
	static const volatile struct line empty;
	u64 key = address >> LINE_SHIFT;
	struct line *line;

	if (address % (1 << CELL_SHIFT))
		return 0;
	line = bpf_map_lookup_elem(&lines, &key);
	if (!line && make && !lines_are_full) {
		long error = bpf_map_update_elem(&lines, &key, (const void *)&empty, BPF_NOEXIST);

		if (error && error != -EEXIST)
			lines_are_full = 1;
		line = bpf_map_lookup_elem(&lines, &key);
	}
	return line ? &line->cells[(address >> CELL_SHIFT) % CELLS] : 0;
}

noinline int take_from_hash(u64 address, struct allocation *taken)
{
	struct allocation *block;

	if (!taken)
		return 0;
	block = bpf_map_lookup_elem(&allocations, &address);
	if (!block)
		return 0;
	*taken = *block;
	/* Of two threads that release one block at the same time, one finds it gone. */
	return !bpf_map_delete_elem(&allocations, &address);
}

/* Takes a block out of the books. False when it is not there. */
inline_always int take_block(u64 address, struct allocation *taken)
{
	u64 *cell = find_cell(address, 0);

	if (cell && *cell) {
		taken->size = (u32)*cell;
		taken->stack = (*cell >> 32) - 1;
		*cell = 0;
	} else if (!uses_allocations || !take_from_hash(address, taken)) {
		return 0;
	}
	add_to_total(taken->stack, -taken->size, -1);
	return 1;
}

noinline int put_in_hash(u64 address, const struct allocation *block)
{
	if (!block)
		return 0;
	uses_allocations = 1;
	if (!bpf_map_update_elem(&allocations, &address, block, BPF_ANY))
		return 1;
	count(untracked_blocks, 1);
	count(untracked_bytes, block->size);
	return 0;
}

/* Enters a block into the books. */
inline_always void put_block(u64 address, const struct allocation *block)
{
	u64 *cell = block->size >> 32 ? 0 : find_cell(address, 1);
	struct allocation replaced;

	if ((!cell || *cell || uses_allocations) && take_block(address, &replaced))
		count(missed_releases, 1);
	if (cell)
		*cell = block->size | (block->stack + 1) << 32;
	else if (!put_in_hash(address, block))
		return;
	add_to_total(block->stack, block->size, 1);
}

inline_always void release_block(u64 address)
{
	struct allocation released;

	if (!take_block(address, &released))
		count(unknown_releases, 1);
}

#endif
