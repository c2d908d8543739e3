/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The call path of the thread that just returned from an allocator: found, given a small number, and stored once.
 * How a path is walked is the business of unwind_walk.h, or of kernel_walk.h.
 */
#ifndef STACK_H
#define STACK_H

#include "mappings.h"
#ifdef WITHOUT_LOOPS
#include "kernel_walk.h"
#define UNROLLED _Pragma("unroll")
#else
#include "unwind_walk.h"
#define UNROLLED
#endif
#include "nesting.h"

/* Frames that user space has not fetched yet: then they are deleted here, and the number remains. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, MAX_WAITING_STACKS);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct stack);
} stacks SEC(".maps");

/* In the word of a stack's number: the walk did not reach the outermost frame. */
#define INCOMPLETE (1U << 31)

/* The number of a stack, or NESTED: what is looked up at every walk. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, MAX_STACKS);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, struct stack_hash);
	MAP_TYPE(value, u32);
} stack_numbers SEC(".maps");

/* --max-stacks: stacks that can have a number, number 0 included. */
const volatile u32 max_stacks = MAX_STACKS;

/* Where to look for a number that is free. Only a hint: threads that race for one number find out at the map. */
u32 next_stack = 1;

/* User space has fetched what was below this, or is about to: these numbers are taken, though `stacks` does not have them. */
u32 fetched_stacks = 1;

/* Set when user space has been asked to fetch, and cleared when it has. */
u8 asks_to_fetch;

/* The frames of the thread's stack under a number that nobody else has: 0 when there is no room. */
inline_always u32 take_number(const struct walk_memory *memory)
{
	enum { TRIES = 16 };
	u32 number = 0;
	long error = -1;

UNROLLED
	for (int i = 0; i < TRIES; i++) {
		if (!error || error == -E2BIG)
			continue;
		number = next_stack;
		if (number < fetched_stacks)
			number = fetched_stacks;
		if (number >= max_stacks)
			continue;
		error = bpf_map_update_elem(&stacks, &number, &memory->stack, BPF_NOEXIST);
		if (error != -E2BIG && next_stack <= number)
			next_stack = number + 1;
		/* A thread that was held up here since it read the number has not found it there, since it was fetched meanwhile. */
		if (!error && number < fetched_stacks) {
			bpf_map_delete_elem(&stacks, &number);
			error = -1;
		}
	}
	return error ? 0 : number;
}

/*
 * A new stack is stored: the thread's own, under a number of its own, by which its hash is known from then on. 0 when there is
 * no room. The stack is no argument: in a function that is verified by itself, a map would not take it (up to 6.1).
 */
global_function u32 store_own_stack(u64 low, u64 high)
{
	const struct walk_memory *memory = own_memory();
	struct stack_hash hash = {.low = low, .high = high};
	u32 number, known;

	if (!memory)
		return 0;
	if (is_nested()) {
		number = NESTED;
		bpf_map_update_elem(&stack_numbers, &hash, &number, BPF_NOEXIST);
		return number;
	}
	number = take_number(memory);
	if (!number)
		return 0;
	known = number | (memory->stack.ending == STACK_COMPLETE ? 0 : INCOMPLETE);
	if (bpf_map_update_elem(&stack_numbers, &hash, &known, BPF_NOEXIST)) {
		/* Another thread was first with this path. Or the limit is reached. */
		bpf_map_delete_elem(&stacks, &number);
		return 0;
	}
	if (number - fetched_stacks >= WAITING_STACKS && !asks_to_fetch) {
		asks_to_fetch = 1;
		ask_user_space(MAPPING_STACKS_WAIT, 0);
	}
	return known;
}

/* The frame that has called, or will be returned to: where its return address was on the stack, and its registers. */
struct caller {
	u64 slot;
	u64 instruction_pointer;
	u64 stack_pointer;
	u64 frame_pointer;
};

/* The number of the thread's stack: 0 when there is no room for a new one. */
noinline u32 number_of(const struct stack_hash *hash)
{
	u32 *known = bpf_map_lookup_elem(&stack_numbers, hash);
	u32 stored;

	if (known)
		return *known;
	stored = store_own_stack(hash->low, hash->high);
	if (stored)
		return stored;
	known = bpf_map_lookup_elem(&stack_numbers, hash);
	return known ? *known : 0;
}

#ifdef WITHOUT_LOOPS
inline_always u32 stack_of(struct pt_regs *regs, const struct caller *caller)
{
	struct walk_memory *memory = own_memory();
	u32 number = 0;

	if (memory) {
		walk_with_kernel(regs, memory, caller->instruction_pointer);
		number = number_of(&memory->walk.hash);
	}
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
	if (walker.memory && walker.code) {
		walk_stack(&walker, &start);
		number = number_of(&walker.memory->walk.hash);
	}
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

#endif
