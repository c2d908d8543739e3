/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk for kernels that have no loops, no global functions or no maps of tables: the kernel's own, by frame pointers
 * (bpf_get_stack, since 4.18). No instruction here is executed twice: nothing jumps back.
 */
#ifndef KERNEL_WALK_H
#define KERNEL_WALK_H

#include "unwind_memory.h"

/* Where a stack is cut. */
const volatile u32 max_depth = MAX_FRAMES;

/* Asked about calls whose return is not trapped, and that takes sessions: no kernel that needs this file has them. */
inline_always int is_same_code(u64 address, u64 other)
{
	(void)address;
	(void)other;
	return 1;
}

/*
 * `memory` then holds the path, zeros after it, and its hash. The walk begins where the thread is, which may still be in the
 * function that was called: by frame pointers, that is as good as its caller.
 */
inline_always void walk_with_kernel(struct pt_regs *regs, struct walk_memory *memory, u64 instruction_pointer)
{
	u32 room = max_depth * sizeof(u64);
	long size;

	if (room > sizeof(memory->stack.frames))
		room = sizeof(memory->stack.frames);
	size = bpf_get_stack(regs, memory->stack.frames, room, BPF_F_USER_STACK);
	if (size < 0)
		size = 0;
	memory->stack.depth = (u32)size / sizeof(u64);
	if (size > 0)
		memory->stack.frames[0] = instruction_pointer;
	/* Whether the last one is the outermost, user space finds out by its name. */
	memory->stack.ending = size < room ? STACK_LOST : STACK_TRUNCATED;
	begin_hash(&memory->walk.hash);
#pragma unroll
	for (u32 i = 0; i < MAX_FRAMES; i++)
		mix(&memory->walk.hash, memory->stack.frames[i]);
}

#endif
