/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk from frame to frame. */
#ifndef UNWIND_WALK_H
#define UNWIND_WALK_H

#include "unwind_hijack.h"
#include "unwind_visit.h"

/* Where a stack is cut. */
const volatile u32 max_depth = MAX_FRAMES;

enum { GO_ON = 0, STOP = 1 };

struct walker {
	struct walk_memory *memory;
	struct code *code;
	/* Where what is read is kept; 0 when it is not. */
	struct visit *visit;
};

inline_always long end_walk(const struct walker *walker, enum stack_ending ending)
{
	walker->memory->stack.ending = ending;
	return STOP;
}

/* Reads a word, and keeps it with the visit if the walk goes on by it. What was read is in `memory->word`. */
global_with_pointers int read_stack(struct walk_memory *memory, struct visit *visit, u64 address, u64 keeps)
{
	if (!memory)
		return 0;
	if (!read_word(&memory->window, address, &memory->word)) {
		spoil_visit(visit);
		return 0;
	}
	if (visit) {
		memory->place = place_in(visit, address);
		if (keeps)
			keep_at(visit, memory->place, memory->word);
	}
	return 1;
}

inline_always int read_kept(const struct walker *walker, u64 address)
{
	return read_stack(walker->memory, walker->visit, address, 1);
}

/* The frame pointer of the caller: it may never be used. */
inline_always int read_frame_pointer(const struct walker *walker, u64 address)
{
	struct walk_memory *memory = walker->memory;

	if (!read_stack(memory, walker->visit, address, 0))
		return 0;
	memory->walk.frame_pointer = memory->word;
	memory->walk.frame_pointer_place = memory->place;
	return 1;
}

inline_always u64 use_frame_pointer(const struct walker *walker)
{
	struct walk *walk = &walker->memory->walk;

	if (walker->visit) {
		if (walk->frame_pointer_place == OWN_PLACE)
			walker->visit->needs_frame_pointer = 1;
		else if (walk->frame_pointer_place != KEPT_PLACE)
			keep_at(walker->visit, walk->frame_pointer_place, walk->frame_pointer);
		walk->frame_pointer_place = KEPT_PLACE;
	}
	return walk->frame_pointer;
}

/* From a frame to its caller, when it is known where they meet, and where the frame has saved its caller's registers. */
inline_always long enter_caller(const struct walker *walker, u64 cfa, u64 frame_pointer_at, u64 return_address_at)
{
	struct walk *walk = &walker->memory->walk;
	u64 address;

	/* It lies lower, so the window that shows it shows the return address as well. */
	if (frame_pointer_at && !read_frame_pointer(walker, frame_pointer_at))
		return end_walk(walker, STACK_LOST);
	if (!read_kept(walker, return_address_at))
		return end_walk(walker, STACK_LOST);
	address = CODE_ADDRESS(walker->memory->word);
	if (!address)
		return end_walk(walker, STACK_COMPLETE);
	/* The trampoline of return probes is at the start of a page; code that is called from there hardly ever. */
	if (address % PAGE_SIZE == 0) {
		u64 original = hijacked_return_address(HIJACKED_SLOT(cfa, return_address_at));

		if (original)
			address = original;
		/* The kernel knows more than the stack says. */
		spoil_visit(walker->visit);
	}
	walk->instruction_pointer = address;
	walk->stack_pointer = cfa;
	walk->back = 1;
	return GO_ON;
}

/* A function without rows that keeps the frame pointer: code made at run time, mostly. */
inline_always long follow_frame_pointer(const struct walker *walker)
{
	u64 frame = use_frame_pointer(walker);

	/* As the processor's conventions mark a thread's first frame. */
	if (!frame && uses_frame_pointers)
		return end_walk(walker, STACK_COMPLETE);
	/* Frames lie above each other; what breaks that is not a frame pointer but a register used otherwise. */
	if (!uses_frame_pointers || frame < walker->memory->walk.stack_pointer)
		return end_walk(walker, STACK_LOST);
	return enter_caller(walker, frame + 2 * sizeof(u64), frame, frame + sizeof(u64));
}

inline_always long leave_signal(const struct walker *walker)
{
	struct walk_memory *memory = walker->memory;
	struct walk *walk = &memory->walk;
	u64 registers = walk->stack_pointer;

	if (memory->own_frames > memory->stack.depth)
		memory->own_frames = memory->stack.depth;
	if (!read_frame_pointer(walker, registers + SIGNAL_FRAME_POINTER))
		return end_walk(walker, STACK_LOST);
	if (!read_kept(walker, registers + SIGNAL_STACK_POINTER))
		return end_walk(walker, STACK_LOST);
	walk->stack_pointer = memory->word;
	if (!read_kept(walker, registers + SIGNAL_INSTRUCTION_POINTER))
		return end_walk(walker, STACK_LOST);
	walk->instruction_pointer = memory->word;
	walk->back = 0;
	return GO_ON;
}

/* Between them lies nothing that a rule of a frame could describe, and they lie anywhere. */
inline_always long leave_system_stack(const struct walker *walker, const struct unwind_rule *rule)
{
	enum { STACK_END_OF_GOROUTINE = 8 };
	struct walk_memory *memory = walker->memory;
	u64 stack_pointer = memory->walk.stack_pointer;
	u64 caller;

	if (!read_kept(walker, stack_pointer + rule->cfa_offset))
		return end_walk(walker, STACK_LOST);
	caller = memory->word;
	if (!read_kept(walker, stack_pointer + rule->at))
		return end_walk(walker, STACK_LOST);
	if (memory->word) {
		if (!read_kept(walker, memory->word + STACK_END_OF_GOROUTINE))
			return end_walk(walker, STACK_LOST);
		caller = memory->word - caller;
	}
	return enter_caller(walker, caller + sizeof(u64), 0, caller);
}

inline_always long follow_rule(const struct walker *walker, const struct unwind_rule *rule)
{
	struct walk *walk = &walker->memory->walk;
	u64 cfa = walk->stack_pointer;
	u64 frame_pointer_at = 0;
	s64 frame_pointer = rule->frame_pointer;

	switch (rule->kind) {
	case UNWIND_NONE:
		return follow_frame_pointer(walker);
	case UNWIND_OUTERMOST:
		return end_walk(walker, STACK_COMPLETE);
	case UNWIND_SIGNAL:
		return leave_signal(walker);
	case UNWIND_GO_SWITCH:
		return leave_system_stack(walker, rule);
	case UNWIND_STACK_POINTER:
		break;
	case UNWIND_FRAME_POINTER:
		cfa = use_frame_pointer(walker);
		break;
	case UNWIND_AT_STACK_POINTER:
		if (!read_kept(walker, cfa + rule->at))
			return end_walk(walker, STACK_LOST);
		cfa = walker->memory->word;
		break;
	case UNWIND_AT_FRAME_POINTER:
		if (!read_kept(walker, use_frame_pointer(walker) + rule->at))
			return end_walk(walker, STACK_LOST);
		cfa = walker->memory->word;
		break;
	case UNWIND_LINKAGE_TABLE:
		cfa += walk->instruction_pointer % 16 >= (u64)rule->at ? sizeof(u64) : 0;
		break;
	default:
		return end_walk(walker, STACK_LOST);
	}
	cfa += rule->cfa_offset;
	if (cfa <= walk->stack_pointer)
		return end_walk(walker, STACK_LOST);
	if (frame_pointer == SAVED_AT_FRAME_POINTER)
		frame_pointer_at = use_frame_pointer(walker);
	else if (frame_pointer)
		frame_pointer_at = cfa + frame_pointer * sizeof(u64);
	return enter_caller(walker, cfa, frame_pointer_at, RETURN_ADDRESS_AT(cfa, (s64)rule->return_address));
}

/* Adds the frame that the walk has come to. */
inline_always void record_frame(struct walk_memory *memory, u64 index, u32 rule, u32 is_later)
{
	struct walk *walk = &memory->walk;
	u64 frame = walk->instruction_pointer;

	if (is_later)
		frame |= (u64)find_incarnation(frame - walk->back) << FRAME_ADDRESS_BITS;
	if (rule == RULE_SIGNAL) {
		frame |= (u64)FRAME_SIGNAL << FRAME_KIND_SHIFT;
		if (!walk->signal)
			walk->signal = index + 1;
	} else if (rule == RULE_ENTRY || !walk->back) {
		frame |= (u64)FRAME_EXACT << FRAME_KIND_SHIFT;
	}
	memory->stack.frames[index] = frame;
	memory->stack.depth = index + 1;
	mix(&walk->hash, frame);
}

inline_always long walk_frame(const struct walker *walker, u64 index)
{
	struct walk_memory *memory = walker->memory;
	struct walk *walk = &memory->walk;
	u64 address = walk->instruction_pointer;
	struct unwind_rule *rule;
	u32 number, is_later;

	if (index >= MAX_FRAMES)
		return STOP;
	number = find_rule(walker->code, address - walk->back, address);
	is_later = number & RULE_LATER_MAPPING;
	number -= is_later;
	/* What is not code is no frame: the way here was wrong, or the code map has yet to learn of it. */
	if (number == RULE_OUTSIDE) {
		spoil_visit(walker->visit);
		/* Only the first one is sure to be: the processor was there. */
		if (!index)
			record_frame(memory, index, number, 0);
		return end_walk(walker, STACK_LOST);
	}
	if (!uses_rows)
		number = RULE_NONE;
	record_frame(memory, index, number, is_later);
	if (number == RULE_ENTRY)
		return end_walk(walker, STACK_COMPLETE);
	rule = bpf_map_lookup_elem(&unwind_rules, &number);
	return rule ? follow_rule(walker, rule) : end_walk(walker, STACK_LOST);
}

#ifdef BOUNDED_LOOPS
/*
 * For kernels without bpf_loop: a global function, since the verifier follows every round of a loop. It may have numbers only
 * as arguments (pointers from 5.12).
 */
global_function long walk_numbered_frame(u64 index)
{
	struct walker walker = {.memory = own_memory(), .code = find_code()};

	return walker.memory && walker.code ? walk_frame(&walker, index) : STOP;
}

inline_always void walk_frames(struct walker *walker)
{
	(void)walker;
	for (u32 i = 0; i < MAX_FRAMES; i++) {
		if (i >= max_depth || walk_numbered_frame(i))
			break;
	}
}
#else
static long walk_in_loop(u64 index, void *walker)
{
	return walk_frame(walker, index);
}

inline_always void walk_frames(struct walker *walker)
{
	bpf_loop(max_depth, walk_in_loop, walker, 0);
}
#endif

/* Walks from the state after a return, when the registers are the caller's own: the memory then holds the path and its hash. */
inline_always void walk_stack(struct walker *walker, const struct walk *start)
{
	struct walk_memory *memory = walker->memory;

	memory->walk = *start;
	begin_hash(&memory->walk.hash);
	memory->window.size = 0;
	memory->stack.depth = 0;
	memory->stack.ending = STACK_TRUNCATED;
	memory->own_frames = MAX_FRAMES;
	if (walker->visit)
		begin_visit(walker->visit, start, walker->code->generation);
	walk_frames(walker);
}

#endif
