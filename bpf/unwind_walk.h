/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk from frame to frame. */
#ifndef UNWIND_WALK_H
#define UNWIND_WALK_H

#include "unwind.h"
#include "unwind_hijack.h"
#include "unwind_memory.h"

/* Where a stack is cut. */
const volatile u32 max_depth = MAX_FRAMES;

enum { GO_ON = 0, STOP = 1 };

inline_always u64 mix(u64 hash, u64 address)
{
	hash = (hash ^ address) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

inline_always long end_walk(struct walk_memory *memory, enum stack_ending ending)
{
	memory->stack.ending = ending;
	return STOP;
}

/* From a frame to its caller, when it is known where they meet, and where the frame has saved its caller's registers. */
inline_always long enter_caller(struct walk_memory *memory, u64 cfa, u64 frame_pointer_at, u64 return_address_at)
{
	struct window *window = &memory->window;
	struct walk *walk = &memory->walk;
	u64 address;

	/* It lies lower, so the window that shows it shows the return address as well. */
	if (frame_pointer_at && !read_word(window, frame_pointer_at, &walk->frame_pointer))
		return end_walk(memory, STACK_LOST);
	if (!read_word(window, return_address_at, &address))
		return end_walk(memory, STACK_LOST);
	address = CODE_ADDRESS(address);
	if (!address)
		return end_walk(memory, STACK_COMPLETE);
	/* The trampoline of return probes is at the start of a page; code that is called from there hardly ever. */
	if (address % PAGE_SIZE == 0) {
		u64 original = hijacked_return_address(HIJACKED_SLOT(cfa, return_address_at));

		if (original)
			address = original;
	}
	walk->instruction_pointer = address;
	walk->stack_pointer = cfa;
	walk->back = 1;
	return GO_ON;
}

/* A function without rows that keeps the frame pointer: code made at run time, mostly. */
inline_always long follow_frame_pointer(struct walk_memory *memory)
{
	u64 frame = memory->walk.frame_pointer;

	/* As the processor's conventions mark a thread's first frame. */
	if (!frame && uses_frame_pointers)
		return end_walk(memory, STACK_COMPLETE);
	/* Frames lie above each other; what breaks that is not a frame pointer but a register used otherwise. */
	if (!uses_frame_pointers || frame < memory->walk.stack_pointer)
		return end_walk(memory, STACK_LOST);
	return enter_caller(memory, frame + 2 * sizeof(u64), frame, frame + sizeof(u64));
}

inline_always long leave_signal(struct walk_memory *memory)
{
	struct window *window = &memory->window;
	struct walk *walk = &memory->walk;
	u64 registers = walk->stack_pointer;

	if (!read_word(window, registers + SIGNAL_FRAME_POINTER, &walk->frame_pointer)
	    || !read_word(window, registers + SIGNAL_STACK_POINTER, &walk->stack_pointer)
	    || !read_word(window, registers + SIGNAL_INSTRUCTION_POINTER, &walk->instruction_pointer))
		return end_walk(memory, STACK_LOST);
	walk->back = 0;
	return GO_ON;
}

inline_always long follow_rule(struct walk_memory *memory, const struct unwind_rule *rule)
{
	struct window *window = &memory->window;
	struct walk *walk = &memory->walk;
	u64 cfa = walk->stack_pointer;
	u64 frame_pointer_at = 0;
	s64 frame_pointer = rule->frame_pointer;

	switch (rule->kind) {
	case UNWIND_NONE:
		return follow_frame_pointer(memory);
	case UNWIND_OUTERMOST:
		return end_walk(memory, STACK_COMPLETE);
	case UNWIND_SIGNAL:
		return leave_signal(memory);
	case UNWIND_STACK_POINTER:
		break;
	case UNWIND_FRAME_POINTER:
		cfa = walk->frame_pointer;
		break;
	case UNWIND_AT_STACK_POINTER:
		if (!read_word(window, cfa + rule->at, &cfa))
			return end_walk(memory, STACK_LOST);
		break;
	case UNWIND_AT_FRAME_POINTER:
		if (!read_word(window, walk->frame_pointer + rule->at, &cfa))
			return end_walk(memory, STACK_LOST);
		break;
	case UNWIND_LINKAGE_TABLE:
		cfa += walk->instruction_pointer % 16 >= (u64)rule->at ? sizeof(u64) : 0;
		break;
	default:
		return end_walk(memory, STACK_LOST);
	}
	cfa += rule->cfa_offset;
	if (cfa <= walk->stack_pointer)
		return end_walk(memory, STACK_LOST);
	if (frame_pointer == SAVED_AT_FRAME_POINTER)
		frame_pointer_at = walk->frame_pointer;
	else if (frame_pointer)
		frame_pointer_at = cfa + frame_pointer * sizeof(u64);
	return enter_caller(memory, cfa, frame_pointer_at, RETURN_ADDRESS_AT(cfa, (s64)rule->return_address));
}

inline_always long walk_frame(struct walk_memory *memory, struct code *code, u64 index)
{
	struct walk *walk = &memory->walk;
	u64 address = walk->instruction_pointer;
	struct unwind_rule *rule;
	u32 number = RULE_NONE;

	if (index >= MAX_FRAMES)
		return STOP;
	if (uses_rows)
		number = find_rule(code, address - walk->back, address);
	/* One more where a signal struck, so that all can be named as return addresses, by the instruction before them. */
	address += !walk->back;
	memory->stack.frames[index] = address;
	memory->stack.depth = index + 1;
	walk->hash = mix(walk->hash, address);
	rule = bpf_map_lookup_elem(&unwind_rules, &number);
	return rule ? follow_rule(memory, rule) : end_walk(memory, STACK_LOST);
}

#ifdef BOUNDED_LOOPS
/*
 * For kernels without bpf_loop: a global function, since the verifier follows every round of a loop. It may have numbers only
 * as arguments (pointers from 5.12).
 */
global_function long walk_numbered_frame(u64 index)
{
	struct walk_memory *memory = own_memory();
	struct code *code = find_code();

	return memory && code ? walk_frame(memory, code, index) : STOP;
}

inline_always void walk_frames(struct walk_memory *memory, struct code *code)
{
	(void)memory;
	(void)code;
	for (u32 i = 0; i < MAX_FRAMES; i++) {
		if (i >= max_depth || walk_numbered_frame(i))
			break;
	}
}
#else
struct walk_context {
	struct walk_memory *memory;
	struct code *code;
};

static long walk_in_loop(u64 index, void *context)
{
	struct walk_context *walk = context;

	return walk_frame(walk->memory, walk->code, index);
}

inline_always void walk_frames(struct walk_memory *memory, struct code *code)
{
	struct walk_context context = {.memory = memory, .code = code};

	bpf_loop(max_depth, walk_in_loop, &context, 0);
}
#endif

/*
 * Walks from the state after a return, when the registers are the caller's own: `memory` then holds the path. Gives its
 * hash.
 */
inline_always u64 walk_stack(u64 instruction_pointer, u64 stack_pointer, u64 frame_pointer, struct walk_memory *memory)
{
	struct code *code = find_code();

	memory->walk.instruction_pointer = instruction_pointer;
	memory->walk.stack_pointer = stack_pointer;
	memory->walk.frame_pointer = frame_pointer;
	memory->walk.back = 1;
	memory->walk.hash = 0;
	memory->window.size = 0;
	memory->stack.depth = 0;
	memory->stack.ending = STACK_TRUNCATED;
	if (code)
		walk_frames(memory, code);
	return memory->walk.hash;
}

#endif
