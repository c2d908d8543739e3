/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which calls are an allocator's own business. calloc calls malloc, malloc maps memory: that is one allocation. So a call does
 * not count when its path leads through the code of a probed allocator function. This depends on the path alone, on whichever
 * stack other calls may be in flight, and so it is decided once, when the path is new. A signal handler that struck within an
 * allocator is nobody's business but its own: frames beyond a signal frame do not count.
 */
#ifndef NESTING_H
#define NESTING_H

#include "unwind_memory.h"

/* In place of a stack's number. */
#define NESTED 0xffffffffU

/* User space writes one while the programs read the other. Ranges change when modules come and go. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 2);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct allocator_code);
} allocator_code SEC(".maps");

/* The one to read. */
u32 current_allocator_code;

#ifndef WITHOUT_LOOPS
/* 1 when the call that a frame returns from lies in an allocator's code. No branch: see is_greater. */
inline_always u64 is_allocators(const struct allocator_code *code, u64 frame)
{
	u64 address = (frame & ((1ULL << FRAME_ADDRESS_BITS) - 1)) - 1, at = code->reserved;
	const struct code_range *range;

#pragma unroll
	for (u64 step = MAX_ALLOCATOR_RANGES / 2; step; step /= 2) {
		u64 next = (at + step) & (MAX_ALLOCATOR_RANGES - 1);

		at += step & (is_greater(code->ranges[next].start, address) - 1);
		at &= MAX_ALLOCATOR_RANGES - 1;
	}
	range = &code->ranges[at];
	return is_greater(range->end, address) & (is_greater(range->start, address) ^ 1);
}

struct nesting {
	const struct stack *stack;
	const struct allocator_code *code;
	u64 found;
};

inline_always long look_at_frame(u64 index, struct nesting *nesting)
{
	if (index >= MAX_FRAMES)
		return 1;
	nesting->found = is_allocators(nesting->code, nesting->stack->frames[index]);
	return nesting->found;
}

#ifndef BOUNDED_LOOPS
static long look_in_loop(u64 index, void *nesting)
{
	return look_at_frame(index, nesting);
}
#endif

/* True when the thread's stack, as it was walked last, leads through an allocator. */
global_function int is_nested(void)
{
	u32 which = current_allocator_code & 1;
	const struct walk_memory *memory = own_memory();
	struct nesting nesting = {.code = bpf_map_lookup_elem(&allocator_code, &which)};
	u32 frames;

	if (!memory || !nesting.code)
		return 0;
	nesting.stack = &memory->stack;
	frames = memory->stack.depth < memory->own_frames ? memory->stack.depth : memory->own_frames;
#ifdef BOUNDED_LOOPS
	for (u32 i = 0; i < MAX_FRAMES; i++) {
		if (i >= frames || look_at_frame(i, &nesting))
			break;
	}
#else
	bpf_loop(frames, look_in_loop, &nesting, 0);
#endif
	return !!nesting.found;
}
#else
/* The kernel's walk does not see the frames of allocators, which are built without frame pointers. */
inline_always int is_nested(void)
{
	return 0;
}
#endif

#endif
