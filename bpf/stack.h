/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The call path of the thread that just returned from an allocator: found, named by a 64-bit key, and stored once.
 * How a path is walked is the business of this file alone.
 */
#ifndef STACK_H
#define STACK_H

#include "kernel.h"

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 65536);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct stack);
} stacks SEC(".maps");

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
 * Walks frame records from the state after a return, when the registers are the caller's own. Gives the path's key,
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
	/* 0 is the key of what has no stack. */
	return hash ?: 1;
}

noinline u64 stack_key(struct pt_regs *regs)
{
	return walk(regs, 0);
}

/* Stores the stack under its key. False when there is no room, or when the walk does not give the same path again. */
noinline int store_stack(struct pt_regs *regs, u64 key)
{
	struct stack *stack;

	/* The loser of a race finds the winner's entry, and fills it with the same frames. */
	bpf_map_update_elem(&stacks, &key, (const void *)&no_frames, BPF_NOEXIST);
	stack = bpf_map_lookup_elem(&stacks, &key);
	if (!stack)
		return 0;
	if (walk(regs, stack) != key) {
		bpf_map_delete_elem(&stacks, &key);
		return 0;
	}
	return 1;
}

#endif
