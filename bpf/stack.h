/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The call path of the thread that just returned from an allocator: found, given a small number, and stored once.
 * How a path is walked is the business of this file alone.
 */
#ifndef STACK_H
#define STACK_H

#include "target.h"

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

/* Where to look for a number that is free. Only a hint: threads that race for one number find out at the map. */
u32 next_stack = 1;

/* What a new entry of `stacks` starts as: a stack is walked right into the map, it does not fit BPF's own 512 bytes. */
static const volatile struct stack no_frames;

/* What the call instruction and the function's prologue leave behind: the caller's frame pointer, the return address. */
struct frame_record {
	u64 caller;
	u64 return_address;
};

inline_always u64 mix(u64 hash, u64 address)
{
	hash = (hash ^ address) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

/*
 * Walks frame records from the state after a return, when the registers are the caller's own. Gives the path's hash,
 * and fills `into` where one is given. The walk is the same both times: no frame is kept between them.
 */
inline_always u64 walk(struct pt_regs *regs, struct stack *into)
{
	u64 address = INSTRUCTION_POINTER(regs);
	u64 frame = FRAME_POINTER(regs);
	u64 lowest = STACK_POINTER(regs);
	u64 hash = 0;
	enum stack_ending ending = STACK_TRUNCATED;
	u32 depth;

	for (depth = 0; depth < MAX_FRAMES; depth++) {
		struct frame_record record;

		hash = mix(hash, address);
		if (into)
			into->frames[depth] = address;
		if (!frame) {
			ending = STACK_COMPLETE;
			depth++;
			break;
		}
		/* Frames lie above each other; what breaks that is not a frame record but a register used otherwise. */
		if (frame < lowest || frame % sizeof(u64) || bpf_probe_read_user(&record, sizeof(record), (void *)frame)) {
			ending = STACK_LOST;
			depth++;
			break;
		}
		if (!record.return_address) {
			ending = STACK_COMPLETE;
			depth++;
			break;
		}
		lowest = frame + sizeof(record);
		frame = record.caller;
		address = record.return_address;
	}
	if (into) {
		into->ending = ending;
		into->depth = depth;
	}
	return hash;
}

noinline u64 stack_hash(struct pt_regs *regs)
{
	return walk(regs, 0);
}

/* Stores the current stack under a number of its own. 0 when there is no room. */
noinline u32 store_stack(struct pt_regs *regs, u64 hash)
{
	enum { TRIES = 16 };
	struct stack *stack;
	u32 number = 0;
	long error = -1;

	for (int i = 0; i < TRIES && error; i++) {
		number = next_stack;
		if (number >= MAX_STACKS)
			return 0;
		error = bpf_map_update_elem(&stacks, &number, (const void *)&no_frames, BPF_NOEXIST);
		next_stack = number + 1;
	}
	stack = bpf_map_lookup_elem(&stacks, &number);
	if (error || !stack)
		return 0;
	if (walk(regs, stack) == hash && !bpf_map_update_elem(&stack_numbers, &hash, &number, BPF_NOEXIST))
		return number;
	/* Another thread was first with this path. */
	bpf_map_delete_elem(&stacks, &number);
	return 0;
}

/* The number of the current stack: 0 when there is no room for a new one. */
inline_always u32 current_stack(struct pt_regs *regs)
{
	u64 hash = stack_hash(regs);
	u32 *known = bpf_map_lookup_elem(&stack_numbers, &hash);
	u32 stored;

	if (known)
		return *known;
	stored = store_stack(regs, hash);
	if (stored)
		return stored;
	known = bpf_map_lookup_elem(&stack_numbers, &hash);
	if (known)
		return *known;
	count(unrecorded_stacks, 1);
	return 0;
}

#endif
