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

#include "sampling.h"
#include "stack.h"
#include "target.h"

enum {
	LINE_SHIFT = 8,
	/* Allocators of 64-bit machines align to 16 bytes; to 8 at least, and for those places there is a second line. */
	CELL_SHIFT = 4,
	HALF_CELL_SHIFT = 3,
	CELLS = 1 << (LINE_SHIFT - CELL_SHIFT),
};

/* Size in the lower half, number of the stack in the upper one, plus one: 0 is an empty cell. With its key it fills 192 bytes of the kernel's memory. */
struct line {
	u64 cells[CELLS];
};

/* 128 MB of addresses, at most 100 MB of the kernel's memory. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 524288);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct line);
} lines SEC(".maps");

/* Set once `lines` is full. */
u8 lines_are_full;

/*
 * Blocks without a cell. The kernel takes 50 ms to make room for millions, which programs hardly ever need at once: so there
 * is a small table, and when the probes are in place already, user space makes the large one and puts it in.
 */
struct block_table {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct allocation);
};

struct block_table allocations SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_INNER(values, struct block_table);
} more_allocations SEC(".maps");

/* Set once one of them has had a block: until then nothing is looked for there. */
u8 uses_allocations;

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
	if (blocks > 0)
		__sync_fetch_and_add(&total->allocated, bytes);
}

/* A block comes (1) or goes (-1). */
inline_always void account(const struct allocation *block, int sign)
{
	u64 weight;

	if (!sample_bytes) {
		add_to_total(block->stack, sign * (s64)block->size, sign);
		return;
	}
	weight = weight_of(block->size);
	add_to_total(block->stack, sign * (s64)((block->size * weight) >> FRACTION_SHIFT), sign * (s64)weight);
}

inline_always u64 *find_cell(u64 address, int make)
{
	static const volatile struct line empty;
	u64 key = address >> LINE_SHIFT << 1 | (address >> HALF_CELL_SHIFT & 1);
	struct line *line;

	if (address % (1 << HALF_CELL_SHIFT))
		return 0;
	line = bpf_map_lookup_elem(&lines, &key);
	if (!line && make && !lines_are_full) {
		long error = bpf_map_update_elem(&lines, &key, (const void *)&empty, BPF_NOEXIST);

		if (error == -E2BIG)
			lines_are_full = 1;
		line = bpf_map_lookup_elem(&lines, &key);
	}
	return line ? &line->cells[(address >> CELL_SHIFT) % CELLS] : 0;
}

inline_always void *large_table(void)
{
	u32 first = 0;

	return bpf_map_lookup_elem(&more_allocations, &first);
}

inline_always int take_from(void *table, u64 address, struct allocation *taken)
{
	struct allocation *block = bpf_map_lookup_elem(table, &address);

	if (!block)
		return 0;
	*taken = *block;
	/* Of two threads that release one block at the same time, one finds it gone. */
	return !bpf_map_delete_elem(table, &address);
}

noinline int take_from_tables(u64 address, struct allocation *taken)
{
	void *large = large_table();

	if (!taken)
		return 0;
	if (large && take_from(large, address, taken))
		return 1;
	return take_from(&allocations, address, taken);
}

/* Takes a block out of the books. False when it is not there. */
inline_always int take_block(u64 address, struct allocation *taken)
{
	u64 *cell = find_cell(address, 0);

	if (cell && *cell) {
		taken->size = (u32)*cell;
		taken->stack = (*cell >> 32) - 1;
		*cell = 0;
	} else if (!uses_allocations || !take_from_tables(address, taken)) {
		return 0;
	}
	account(taken, -1);
	return 1;
}

noinline int put_in_table(u64 address, const struct allocation *block)
{
	void *large = large_table();
	long error;

	if (!block)
		return 0;
	uses_allocations = 1;
	if (large)
		error = bpf_map_update_elem(large, &address, block, BPF_ANY);
	else
		error = bpf_map_update_elem(&allocations, &address, block, BPF_ANY);
	if (!error)
		return 1;
	count(untracked_blocks, 1);
	count(untracked_bytes, block->size);
	return 0;
}

/* Enters a block into the books. */
noinline int put_block(u64 address, const struct allocation *block)
{
	struct allocation replaced;
	u64 *cell;

	if (!block)
		return 0;
	cell = block->size >> 32 ? 0 : find_cell(address, 1);

	if ((!cell || *cell || uses_allocations) && take_block(address, &replaced))
		count(missed_releases, 1);
	if (cell)
		*cell = block->size | (block->stack + 1) << 32;
	else if (!put_in_table(address, block))
		return 0;
	account(block, 1);
	return 0;
}

inline_always void release_block(u64 address)
{
	struct allocation released;

	if (!take_block(address, &released))
		count(unknown_releases, 1);
}

#endif
