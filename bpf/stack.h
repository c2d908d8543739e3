/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The call path of the thread that just returned from an allocator: found, given a small number, and stored once.
 * How a path is walked is the business of unwind_walk.h, or of kernel_walk.h.
 */
#ifndef STACK_H
#define STACK_H

#ifdef WITHOUT_LOOPS
#include "kernel_walk.h"
#define UNROLLED _Pragma("unroll")
#else
#include "unwind_walk.h"
#define UNROLLED
#endif
#include "nesting.h"

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, MAX_STACKS);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct stack);
} stacks SEC(".maps");

/* The number of a stack, by a 64-bit hash of its addresses: what is looked up at every allocation. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, MAX_STACKS);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, u32);
} stack_numbers SEC(".maps");

/* --max-stacks: the size of the maps that stacks are in, number 0 included. */
const volatile u32 max_stacks = MAX_STACKS;

/* Where to look for a number that is free. Only a hint: threads that race for one number find out at the map. */
u32 next_stack = 1;

/* Of so many stacks with one hash only the first have a number. */
enum { MAX_COLLISIONS = 4 };

/* True when the stack of a number is the very one in `stack`. */
global_with_pointers int is_same_stack(u32 number, const struct stack *stack)
{
	const struct stack *stored = bpf_map_lookup_elem(&stacks, &number);
	u64 difference;
	u32 depth;

	if (!stored || !stack)
		return 0;
	depth = stack->depth;
	difference = stored->depth ^ depth;
UNROLLED
	for (u32 i = 0; i < MAX_FRAMES; i++) {
#ifndef WITHOUT_LOOPS
		if (i >= depth)
			break;
#endif
		difference |= stored->frames[i] ^ stack->frames[i];
		/* One after the other, or there are not registers enough. */
		barrier_var(difference);
	}
	return !difference;
}

/*
 * Stores the thread's stack under a number of its own, and makes it known by its hash. 0 when there is no room. The stack is no
 * argument: in a function that is verified by itself, a map would not take it (up to 6.1).
 */
global_function u32 store_own_stack(u64 hash)
{
	enum { TRIES = 16 };
	const struct walk_memory *memory = own_memory();
	u32 number = 0;
	long error = -1;

	if (!memory)
		return 0;
	if (is_nested()) {
		number = NESTED;
		bpf_map_update_elem(&stack_numbers, &hash, &number, BPF_NOEXIST);
		return number;
	}
UNROLLED
	for (int i = 0; i < TRIES; i++) {
		if (!error)
			continue;
		number = next_stack;
		if (number >= max_stacks)
			continue;
		error = bpf_map_update_elem(&stacks, &number, &memory->stack, BPF_NOEXIST);
		next_stack = number + 1;
	}
	if (error)
		return 0;
	if (!bpf_map_update_elem(&stack_numbers, &hash, &number, BPF_NOEXIST))
		return number;
	/* Another thread was first with this hash: most likely with this path. */
	bpf_map_delete_elem(&stacks, &number);
	return 0;
}

/* The number of a stack if it is the one with the hash, or nobody has it yet: 0 when another stack has it, or there is no room. */
noinline u32 number_under(const struct stack *stack, u64 hash)
{
	u32 *known = bpf_map_lookup_elem(&stack_numbers, &hash);
	u32 stored;

	if (!known) {
		stored = store_own_stack(hash);
		if (stored)
			return stored;
		known = bpf_map_lookup_elem(&stack_numbers, &hash);
	}
	/* Of a nested path only the hash is kept: of 64 bits. */
	return known && (*known == NESTED || is_same_stack(*known, stack)) ? *known : 0;
}

/* The number of a stack: 0 when there is no room for a new one. */
shared u32 number_of(const struct stack *stack, u64 hash)
{
	u32 number = 0;

UNROLLED
	for (int i = 0; i < MAX_COLLISIONS; i++) {
		if (!number)
			number = number_under(stack, hash + i);
	}
	return number;
}

/* The frame that has called, or will be returned to: where its return address was on the stack, and its registers. */
struct caller {
	u64 slot;
	u64 instruction_pointer;
	u64 stack_pointer;
	u64 frame_pointer;
};

#ifdef WITHOUT_LOOPS
inline_always u32 stack_of(struct pt_regs *regs, const struct caller *caller)
{
	struct walk_memory *memory = own_memory();
	u32 number = memory ? number_of(&memory->stack, walk_with_kernel(regs, memory, caller->instruction_pointer)) : 0;

	if (!number)
		count(unrecorded_stacks, 1);
	return number;
}
#else
/*
 * The number of the stack that is seen from a place: 0 when there is no room for a new one. The verifier follows it
 * once (5.6), and not again for each caller and whatever that knows.
 */
global_with_pointers u32 stack_seen_from(struct visit_set *set, u64 instruction_pointer, u64 stack_pointer, u64 frame_pointer)
{
	struct walk start = {
		.instruction_pointer = instruction_pointer,
		.stack_pointer = stack_pointer,
		.frame_pointer = frame_pointer,
		.back = 1,
		.frame_pointer_place = OWN_PLACE,
	};
	struct walker walker = {.code = find_code()};
	u32 number = 0;

	if (set && walker.code) {
		walker.visit = visit_of(set, &start);
		number = same_visit(set, walker.visit, &start, walker.code->generation);
		if (number)
			return number;
	}
	walker.memory = own_memory();
	if (walker.memory && walker.code)
		number = number_of(&walker.memory->stack, walk_stack(&walker, &start));
	if (!number)
		count(unrecorded_stacks, 1);
	else if (walker.visit)
		end_visit(walker.visit, number);
	return number;
}

inline_always u32 stack_of(struct pt_regs *regs, const struct caller *caller)
{
	u64 instruction_pointer = caller->instruction_pointer;
	u64 stack_pointer = caller->stack_pointer;

	(void)regs;
	return stack_seen_from(own_visits(instruction_pointer, stack_pointer), instruction_pointer, stack_pointer, caller->frame_pointer);
}
#endif

/* False for a stack that may lead on through whatever: it was lost, or is cut. */
noinline int is_whole(u32 number)
{
	const struct stack *stack = bpf_map_lookup_elem(&stacks, &number);

	return stack && stack->ending == STACK_COMPLETE;
}

#endif
