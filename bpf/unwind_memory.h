/* SPDX-License-Identifier: BSD-3-Clause */
/* What a walk works on besides its registers: a thread's own memory, and the part of the stack that was read last. */
#ifndef UNWIND_MEMORY_H
#define UNWIND_MEMORY_H

#include "target.h"

enum { WINDOW_SIZE = 512, PAGE_SIZE = 4096 };

/* A read costs more than the bytes it brings: frames are small, and so a window shows several. */
struct window {
	u64 start;
	u64 size;
	u64 words[WINDOW_SIZE / sizeof(u64)];
};

/* What a path is known by: two paths have one hash as often as two random numbers of 128 bits are equal. */
struct stack_hash {
	u64 low;
	u64 high;
};

/* Of this run alone, so that nobody can make paths that have one hash. */
const volatile u64 hash_seed_low;
const volatile u64 hash_seed_high;

inline_always void begin_hash(struct stack_hash *hash)
{
	hash->low = hash_seed_low;
	hash->high = hash_seed_high;
}

inline_always void mix(struct stack_hash *hash, u64 frame)
{
	u64 low = (hash->low ^ frame) * 0x9e3779b97f4a7c15ULL;
	u64 high = (hash->high + frame) * 0xc2b2ae3d27d4eb4fULL;

#ifdef WITHOUT_LOOPS
	/* Written out for every frame, in programs of at most 4096 instructions. */
	hash->low = low;
	hash->high = high;
#else
	hash->low = low ^ low >> 29;
	hash->high = high ^ high >> 32;
#endif
}

/* A frame, as its registers were when it called or was interrupted, and what came of the walk so far. */
struct walk {
	u64 instruction_pointer;
	u64 stack_pointer;
	u64 frame_pointer;
	/* 1 when the instruction pointer is a return address, which may be the next function's: the call is before it. */
	u64 back;
	/* Where the frame pointer was read: see unwind_visit.h. */
	u64 frame_pointer_place;
	/* The index of the first frame of a signal, plus one; 0 while none was met. */
	u64 signal;
	struct stack_hash hash;
};

/* Too much for BPF's own 512 bytes, and a program may be preempted: each thread has its own. */
struct walk_memory {
	struct walk walk;
	/* What was read last, and its place in the visit. */
	u64 word;
	u64 place;
	/* The first frames, up to that of a signal: what is beyond was only interrupted. */
	u32 own_frames;
	struct window window;
	struct stack stack;
};

/* Below 5.11 user space makes this a hash map, whose key is the thread's id. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_TASK_STORAGE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct walk_memory);
} walk_memories SEC(".maps");

inline_always struct walk_memory *own_memory(void)
{
	static const volatile struct walk_memory empty;
	u32 thread;

	if (has_task_storage)
		return OWN_VALUE(walk_memories);
	thread = current_thread();
	if (!bpf_map_lookup_elem(&walk_memories, &thread))
		bpf_map_update_elem(&walk_memories, &thread, (const void *)&empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&walk_memories, &thread);
}

/* Moves the window to an address. */
noinline int move_window(struct window *window, u64 address)
{
	u64 size = WINDOW_SIZE;

	if (!window)
		return 0;
	if (bpf_probe_read_user(window->words, WINDOW_SIZE, (void *)address)) {
		/* The stack may end within the window. */
		size = PAGE_SIZE - address % PAGE_SIZE;
		if (size > WINDOW_SIZE || bpf_probe_read_user(window->words, size, (void *)address)) {
			window->size = 0;
			return 0;
		}
	}
	window->start = address;
	window->size = size;
	return 1;
}

/* Reads a word of the process's memory. False when it cannot be read. */
inline_always int read_word(struct window *window, u64 address, u64 *word)
{
	u64 offset = address - window->start;

	if (address % sizeof(u64))
		return 0;
	if (offset >= window->size) {
		if (!move_window(window, address))
			return 0;
		offset = 0;
	}
	*word = window->words[offset / sizeof(u64) % (WINDOW_SIZE / sizeof(u64))];
	return 1;
}

#endif
