/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every record that BPF programs and user space share. The C# view of this file is generated from the BTF of the
 * compiled object (eng/Emleak.Bindings), so the two sides cannot disagree.
 */
#ifndef EMLEAK_H
#define EMLEAK_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;

enum limits {
	/* perf's own limit, PERF_MAX_STACK_DEPTH. */
	MAX_FRAMES = 127,
	/* Distinct stacks, number 0 included. */
	MAX_STACKS = 65536,
	/* TASK_COMM_LEN. */
	COMM_SIZE = 16,
};

/* How a stack walk ended. */
enum stack_ending {
	STACK_COMPLETE = 0,
	STACK_TRUNCATED = 1,
	STACK_LOST = 2,
};

/* A call path, innermost frame first: return addresses only. Key in `stacks`: a small number, from 1. */
struct stack {
	u32 depth;
	enum stack_ending ending;
	u64 frames[MAX_FRAMES];
};

/* What the blocks of one stack hold. Key in `totals`: the stack's number; 0 collects what found no room in `stacks`. */
struct total {
	s64 bytes;
	s64 count;
};

/* One outstanding block and the number of its stack. */
struct allocation {
	u64 size;
	u64 stack;
};

enum mapping_change {
	/* [address, address + length) was mapped; whatever was there before is gone. */
	MAPPING_ADDED = 1,
	/* The pages of [address, address + length) are about to be unmapped by thread `tid`. */
	MAPPING_REMOVED = 2,
	/* They were not: thread `tid`'s last removal failed. */
	MAPPING_KEPT = 3,
};

/* A change of the address space, in `mapping_changes`, in the order in which it happened. */
struct mapping_event {
	enum mapping_change change;
	u32 tid;
	u64 address;
	u64 length;
	u64 stack;
};

/* What a function does with memory. */
enum shape {
	/* Gives a block. */
	SHAPE_ALLOCATE = 1,
	/* Gives a block in place of one that it was given; fails without touching that. */
	SHAPE_REALLOCATE = 2,
	/* Takes a block back. It has no return probe. */
	SHAPE_RELEASE = 3,
	/* These three are the system's own, with the system's arguments. */
	SHAPE_MMAP = 4,
	SHAPE_MUNMAP = 5,
	SHAPE_MREMAP = 6,
};

/*
 * What the programs must know about the function that a probe is in: the probe's cookie, or where probes have none, its
 * entry in `probe_cookies`. A place is that of an argument, from 1; 0: the function has none of the kind.
 */
struct probe_cookie {
	/* enum shape. */
	u8 shape;
	/* The bytes that are asked for. */
	u8 size;
	/* How many times as many. */
	u8 count;
	/* The block that is given up. */
	u8 block;
	/* Where the new block's address is written; the function then returns 0 when it succeeds. */
	u8 result;
	u8 unused[3];
};

/* A process began to execute a program of the watched name, in `executions`. */
struct execution_event {
	u32 pid;
	char comm[COMM_SIZE];
};

/* What was lost or could not be told. Nothing is dropped without being counted here. */
struct counters {
	/* Blocks and their bytes that found no room in the books. */
	u64 untracked_blocks;
	u64 untracked_bytes;
	/* Allocations whose stack found no room in `stacks`: counted under stack 0. */
	u64 unrecorded_stacks;
	/* Allocator calls that found no room in `calls`. */
	u64 untracked_calls;
	/* Allocator calls that never returned: left by longjmp, an exception, or the thread's end. */
	u64 abandoned_calls;
	/* Releases of addresses that are not outstanding: mostly blocks from before the tracing began. */
	u64 unknown_releases;
	/* Allocations at an address that was still outstanding: its release was not seen. */
	u64 missed_releases;
	/* Changes of the address space that found no room in `mapping_changes`. */
	u64 lost_mapping_events;
	/* Results that could not be read from the process's memory. */
	u64 unreadable_results;
	/* Hits of a probe that is not in `probe_cookies`: its module was mapped again, elsewhere. */
	u64 unknown_probes;
};

#endif
