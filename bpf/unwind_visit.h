/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second visit. Programs allocate along few paths again and again, and a walk depends on nothing but the registers that it
 * begins with, the words that it reads from the stack, and where the process's code is. So these are kept, with the number of the
 * stack that came of them. Where they are found to be the same again, so is the stack, and nothing is walked. A saved frame
 * pointer is kept only when it leads to a frame: elsewhere the register holds whatever the compiler had no other for.
 */
#ifndef UNWIND_VISIT_H
#define UNWIND_VISIT_H

#include "unwind.h"
#include "unwind_memory.h"

enum {
	/* Any of a set's visits may be a place's. In 7.2 task storage has no more than 8,192 bytes for a value and its header (kmalloc_nolock). */
	VISITS_OF_SET = 2,
	/* A visit that reads more than this is not kept: words, and the pieces of the stack that they lie in. */
	VISIT_WORDS = 152,
	VISIT_PIECES = 12,
	/*
	 * A piece is read at once: a read costs more than the bytes that it brings. Words further apart than a gap are in two; a
	 * smaller gap when half of the room is used, so that it suffices for more frames.
	 */
	PIECE_SIZE = 1024,
	PIECE_GAP = 1024,
	SMALL_PIECE_GAP = 64,
	/* All pieces together. A power of two, for the verifier. */
	SEEN_SIZE = 4096,
	/* So many words are compared at once. */
	COMPARED_WORDS = 8,
	/* Of a word: there is no room for it. Of a frame pointer: it is the one that the walk began with, or it is kept already. */
	NO_PLACE = SEEN_SIZE,
	OWN_PLACE,
	KEPT_PLACE,
};

/* Bytes of the stack, from the first word that was read to the last. */
struct piece {
	/* Above the stack pointer. */
	u32 start;
	u16 size;
	/* Where it goes: behind the pieces before. */
	u16 place;
};

struct visit {
	u64 instruction_pointer;
	u64 stack_pointer;
	u64 frame_pointer;
	/* Of the code map that was in force. */
	u64 generation;
	/* The stack's: 0 when the visit is not one to come back to. */
	u32 number;
	/* The frame pointer was used; else any will do. */
	u32 needs_frame_pointer;
	u32 pieces;
	/* More than VISIT_WORDS when the visit is not to be kept. */
	u32 words;
	struct piece piece[VISIT_PIECES];
	/* The words, and where in `seen` each is, in words. Behind the last one, the first again. */
	u16 at[VISIT_WORDS + COMPARED_WORDS];
	u64 values[VISIT_WORDS + COMPARED_WORDS];
};

struct visit_set {
	/* What tells the places apart, most likely: a hash. */
	u64 keys[VISITS_OF_SET];
	/* Whose visit goes when there is a new place. */
	u64 next;
	struct visit all[VISITS_OF_SET];
	/* The pieces of the visit that is looked at, as they are now. */
	u64 seen[SEEN_SIZE / sizeof(u64)];
};

/* Only where there is task storage and bpf_loop. It may fail to find memory; then stacks are walked. */
#ifndef BOUNDED_LOOPS
#define VISITS_MAP(name)                                        \
	struct {                                                \
		MAP_NUMBER(type, BPF_MAP_TYPE_TASK_STORAGE);    \
		MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);       \
		MAP_TYPE(key, u32);                             \
		MAP_TYPE(value, struct visit_set);              \
	} name SEC(".maps")

VISITS_MAP(visits_0);
VISITS_MAP(visits_1);
VISITS_MAP(visits_2);
VISITS_MAP(visits_3);
VISITS_MAP(visits_4);
VISITS_MAP(visits_5);
VISITS_MAP(visits_6);
VISITS_MAP(visits_7);
#endif

inline_always u64 visit_key(u64 instruction_pointer, u64 stack_pointer)
{
	return (instruction_pointer ^ stack_pointer << 20) * 0x9e3779b97f4a7c15ULL;
}

/* The set that the visit of a place is in: 0 where none are kept. */
inline_always struct visit_set *own_visits(u64 instruction_pointer, u64 stack_pointer)
{
#ifndef BOUNDED_LOOPS
	if (!has_task_storage || !remembers)
		return 0;
	switch (visit_key(instruction_pointer, stack_pointer) >> 61) {
	case 0:
		return OWN_VALUE(visits_0);
	case 1:
		return OWN_VALUE(visits_1);
	case 2:
		return OWN_VALUE(visits_2);
	case 3:
		return OWN_VALUE(visits_3);
	case 4:
		return OWN_VALUE(visits_4);
	case 5:
		return OWN_VALUE(visits_5);
	case 6:
		return OWN_VALUE(visits_6);
	default:
		return OWN_VALUE(visits_7);
	}
#else
	(void)instruction_pointer;
	(void)stack_pointer;
	return 0;
#endif
}

/* 1 when they are the same. No branch: the verifier would follow both ways, with all that comes after. */
inline_always u64 is_same(u64 left, u64 right)
{
	u64 difference = left ^ right;

	difference |= -difference;
	barrier_var(difference);
	return difference >> 63 ^ 1;
}

/* Where the visit of a place is kept in its set, or will be. */
inline_always struct visit *visit_of(struct visit_set *set, const struct walk *start)
{
	u64 key = visit_key(start->instruction_pointer, start->stack_pointer);
	u64 at = 0, is_new = 1;

#pragma unroll
	for (u64 i = 0; i < VISITS_OF_SET; i++) {
		u64 found = is_same(set->keys[i], key);

		at += found * i;
		is_new -= found;
	}
	at += is_new * set->next;
	at %= VISITS_OF_SET;
	set->next += is_new;
	set->keys[at] = key;
	return &set->all[at];
}

/* ---- keeping ---- */

inline_always void begin_visit(struct visit *visit, const struct walk *start, u64 generation)
{
	visit->instruction_pointer = start->instruction_pointer;
	visit->stack_pointer = start->stack_pointer;
	visit->frame_pointer = start->frame_pointer;
	visit->generation = generation;
	visit->number = 0;
	visit->needs_frame_pointer = 0;
	visit->pieces = 0;
	visit->words = 0;
}

/* The walk depends on something that is not kept. */
inline_always void spoil_visit(struct visit *visit)
{
	if (visit)
		visit->words = VISIT_WORDS + 1;
}

/* The piece that a word is in, made longer if need be, or a new one. Nothing when there is no room. */
inline_always struct piece *piece_for(struct visit *visit, u64 start)
{
	u64 count = visit->pieces, last = count - 1, place = 0;
	struct piece *piece;

	/* Else clang checks the one and uses the other, and the verifier loses sight of the bound. */
	barrier_var(last);
	if (last < VISIT_PIECES) {
		u64 end = start + sizeof(u64), gap;

		piece = &visit->piece[last];
		place = piece->place + piece->size;
		gap = place < SEEN_SIZE / 2 ? PIECE_GAP : SMALL_PIECE_GAP;
		if (start >= piece->start && start <= (u64)piece->start + piece->size + gap && end - piece->start <= PIECE_SIZE) {
			if (end - piece->start > piece->size)
				piece->size = end - piece->start;
			return piece;
		}
	}
	barrier_var(count);
	if (count >= VISIT_PIECES || place > SEEN_SIZE - PIECE_SIZE)
		return 0;
	piece = &visit->piece[count];
	piece->start = start;
	piece->size = sizeof(u64);
	piece->place = place;
	visit->pieces = count + 1;
	return piece;
}

/* Where a word of the stack comes to lie in `seen`, counted in words. NO_PLACE when there is no room. */
noinline int place_in(struct visit *visit, u64 address)
{
	struct piece *piece;
	u64 start;

	if (!visit)
		return NO_PLACE;
	start = address - visit->stack_pointer;
	if (start >> 32)
		return NO_PLACE;
	piece = piece_for(visit, start);
	return piece ? (piece->place + (start - piece->start)) / sizeof(u64) : NO_PLACE;
}

/* What the walk goes on with depends on the word at a place. */
noinline int keep_at(struct visit *visit, u64 place, u64 word)
{
	u64 count;

	if (!visit)
		return 0;
	count = visit->words;
	barrier_var(count);
	if (count >= VISIT_WORDS || place == NO_PLACE) {
		spoil_visit(visit);
		return 0;
	}
	visit->at[count] = place;
	visit->values[count] = word;
	visit->words = count + 1;
	return 0;
}

/* What fills up the last words that are compared must not differ by itself: it is the first word again. */
inline_always void end_visit(struct visit *visit, u32 number)
{
	u64 count = visit->words;

	barrier_var(count);
	if (count > VISIT_WORDS)
		return;
	for (int i = 0; i < COMPARED_WORDS; i++) {
		visit->at[count + i] = visit->at[0];
		visit->values[count + i] = visit->values[0];
	}
	visit->number = number;
}

/* ---- coming back ---- */

#ifndef BOUNDED_LOOPS
struct comparison {
	struct visit_set *set;
	struct visit *visit;
	u64 differs;
};

static long read_piece(u64 index, void *context)
{
	struct comparison *comparison = context;
	const struct piece *piece;
	u64 place, size;

	comparison->differs = 1;
	if (index >= VISIT_PIECES)
		return 1;
	piece = &comparison->visit->piece[index];
	place = piece->place;
	size = piece->size;
	if (place > SEEN_SIZE - PIECE_SIZE || size > PIECE_SIZE)
		return 1;
	comparison->differs = !!bpf_probe_read_user((void *)comparison->set->seen + place, size, (void *)(comparison->visit->stack_pointer + piece->start));
	return comparison->differs;
}

static long compare_words(u64 index, void *context)
{
	struct comparison *comparison = context;
	const struct visit *visit = comparison->visit;
	u64 first = index * COMPARED_WORDS, difference = 0;

	if (index > VISIT_WORDS / COMPARED_WORDS)
		return 1;
#pragma unroll
	for (int i = 0; i < COMPARED_WORDS; i++)
		difference |= visit->values[first + i] ^ comparison->set->seen[visit->at[first + i] % (SEEN_SIZE / sizeof(u64))];
	comparison->differs |= difference;
	return !!difference;
}

/* The number of the stack, if the visit is one of this very stack; else 0. */
inline_always u32 same_visit(struct visit_set *set, struct visit *visit, const struct walk *start, u64 generation)
{
	struct comparison comparison = {.set = set, .visit = visit};

	if (visit->instruction_pointer != start->instruction_pointer || visit->stack_pointer != start->stack_pointer
	    || (visit->needs_frame_pointer && visit->frame_pointer != start->frame_pointer)
	    || visit->generation != generation || !visit->number)
		return 0;
	bpf_loop(visit->pieces, read_piece, &comparison, 0);
	if (!comparison.differs)
		bpf_loop((visit->words + COMPARED_WORDS - 1) / COMPARED_WORDS, compare_words, &comparison, 0);
	return comparison.differs ? 0 : visit->number;
}
#else
inline_always u32 same_visit(struct visit_set *set, struct visit *visit, const struct walk *start, u64 generation)
{
	(void)set;
	(void)visit;
	(void)start;
	(void)generation;
	return 0;
}
#endif

#endif
