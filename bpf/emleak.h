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
typedef signed char s8;
typedef signed short s16;
typedef signed int s32;
typedef signed long long s64;

enum limits {
	/* perf's own limit, PERF_MAX_STACK_DEPTH. */
	MAX_FRAMES = 127,
	/* Distinct stacks, number 0 included. */
	MAX_STACKS = 1 << 20,
	/* Stacks whose frames user space has not fetched yet: it is asked to when so many wait, and no more than so many can. */
	WAITING_STACKS = 32768,
	MAX_WAITING_STACKS = 131072,
	/* TASK_COMM_LEN. */
	COMM_SIZE = 16,
	/* NAME_MAX, and the zero at the end. */
	NAME_SIZE = 256,
};

/* How a stack walk ended. */
enum stack_ending {
	STACK_COMPLETE = 0,
	STACK_TRUNCATED = 1,
	STACK_LOST = 2,
};

/* A frame is one word. Frames without a mapping's number and without a kind are plain return addresses. */
enum frame_bits {
	/* The address. The kernel places nothing above unless it is asked to (Documentation/arch/x86/x86_64/5level-paging.rst). */
	FRAME_ADDRESS_BITS = 48,
	/* Above it, which of the mappings that were there one after the other: 0 is the first. */
	FRAME_INCARNATION_BITS = 14,
	/* Above that, enum frame_kind. */
	FRAME_KIND_SHIFT = 62,
};

enum frame_kind {
	/* The address that a call returns to: the call is before it. */
	FRAME_RETURN = 0,
	/* The instruction itself: a signal has struck there, or it is the first one of a function that no call has led to. */
	FRAME_EXACT = 1,
	/* Where the handler of a signal returns to. */
	FRAME_SIGNAL = 2,
};

/* A call path, innermost frame first. Key in `stacks`: a small number, from 1. */
struct stack {
	u32 depth;
	enum stack_ending ending;
	u64 frames[MAX_FRAMES];
};

/* ---- unwinding: see bpf/unwind.h ---- */

enum unwind_limits {
	/* Bytes of code that a page of a table covers: the offset of a row in it takes a byte of the row's word. */
	UNWIND_PAGE_SHIFT = 8,
	/* The rest of the word: the number of the row's rule. */
	UNWIND_RULE_BITS = 24,
	/* A page's word: how many rows it has, and above that the first one, in words from the table's start. */
	UNWIND_COUNT_BITS = 8,
	UNWIND_CHUNK_WORDS = 1024,
	MAX_UNWIND_RULES = 32768,
	MAX_CODE_MAPPINGS = 4096,
	MAX_UNWIND_AREAS = MAX_CODE_MAPPINGS,
	/* Instead of an area's number: the code has no table, or one that found no room. */
	AREA_NONE = MAX_UNWIND_AREAS,
	AREA_REFUSED,
	REMEMBERED_RULES_BITS = 13,
};

/* How to get from a frame to its caller. */
enum unwind_kind {
	/* Nothing is known: the frame pointer is all there is. */
	UNWIND_NONE = 0,
	/* There is no caller. */
	UNWIND_OUTERMOST = 1,
	/* The caller was interrupted by a signal: its registers lie on the stack. */
	UNWIND_SIGNAL = 2,
	/* Something is known, but of a kind that has no rule: the stack is lost here. */
	UNWIND_UNKNOWN = 3,
	/* The canonical frame address is `cfa_offset` bytes above the stack pointer, or above the frame pointer ... */
	UNWIND_STACK_POINTER = 4,
	UNWIND_FRAME_POINTER = 5,
	/* ... or above what is stored `at` bytes above one of them ... */
	UNWIND_AT_STACK_POINTER = 6,
	UNWIND_AT_FRAME_POINTER = 7,
	/* ... or, in a procedure linkage table, above the stack pointer, and 8 bytes more from byte `at` of each entry on. */
	UNWIND_LINKAGE_TABLE = 8,
	/*
	 * Go's switch from a goroutine's stack to that of C (runtime.asmcgocall): `at` bytes above the stack pointer is the goroutine,
	 * `cfa_offset` bytes above it, how far below the upper end of its stack the caller is. Without a goroutine, where the caller is.
	 */
	UNWIND_GO_SWITCH = 9,
};

/* Rules that every session has. */
enum known_rule {
	RULE_NONE = 0,
	RULE_OUTERMOST = 1,
	RULE_SIGNAL = 2,
	RULE_UNKNOWN = 3,
	/* The address is not one of code. */
	RULE_OUTSIDE = 4,
	/* A return to the first instruction of a function: no call went before it, so makecontext and the like have put it there. */
	RULE_ENTRY = 5,
};

/* In `frame_pointer`: where the frame pointer points to. So do functions that align their stack and save its address. */
enum { SAVED_AT_FRAME_POINTER = 1 };

struct unwind_rule {
	s32 cfa_offset;
	s32 at;
	/* Where the caller's frame pointer and the return address are, in words from the canonical frame address: 0 when the
	 * frame has left them in their registers. */
	s16 frame_pointer;
	s16 return_address;
	enum unwind_kind kind;
};

/* A part of an area, which is as many of them as its tables need. */
struct unwind_chunk {
	u32 words[UNWIND_CHUNK_WORDS];
};

/* Executable memory, and where the table of its file is. */
struct code_mapping {
	u64 start;
	u64 end;
	/* The address that the table's first page is at. */
	u64 origin;
	u32 first_chunk;
	u16 area;
	/* See FRAME_INCARNATION_BITS. */
	u16 incarnation;
};

struct code {
	/* Always 0. */
	u64 reserved;
	/* Another one for every code map of a session. */
	u64 generation;
	/* Ascending; after the last one, mappings that start at 2^62 and are empty. */
	struct code_mapping mappings[MAX_CODE_MAPPINGS];
	/* Addresses and their rules, as they were found. */
	u64 remembered[1 << REMEMBERED_RULES_BITS];
};

enum allocator_limits { MAX_ALLOCATOR_RANGES = 4096 };

/* Code of a probed allocator function, in the process's addresses. */
struct code_range {
	u64 start;
	u64 end;
};

/* All of it, in `allocator_code`. */
struct allocator_code {
	/* Always 0. */
	u64 reserved;
	/* Ascending, without overlaps; after the last one, ranges that start at 2^62 and are empty. */
	struct code_range ranges[MAX_ALLOCATOR_RANGES];
};

/* ---- what is outstanding ---- */

/*
 * What the blocks of one stack hold. Key in `totals`: the stack's number; 0 collects what found no room in `stacks`. With
 * sampling it is an estimate, and the count is one of 1/65536 (FRACTION_SHIFT).
 */
struct total {
	s64 bytes;
	s64 count;
	/* All bytes so far, released or not. */
	u64 allocated;
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
	/* Code was met on a stack at `address` that no mapping known so far has. */
	MAPPING_UNKNOWN = 4,
	/* WAITING_STACKS are in `stacks`. */
	MAPPING_STACKS_WAIT = 5,
};

/* A change of the address space, in `mapping_changes`, in the order in which it happened. */
struct mapping_event {
	enum mapping_change change;
	u32 tid;
	u64 address;
	u64 length;
	u64 stack;
	/* 0 where the buffer keeps the order. */
	u64 time;
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
	/* Changes the size of a block in its place, and returns the size: `count` is where the bytes are that may come on top. */
	SHAPE_RESIZE = 7,
	/* No functions but places in them (exit_cookie): on a way to the return, where the result is there ... */
	SHAPE_EXIT = 8,
	/* ... and after the system calls of mmap, of munmap when it has failed, and of mremap. */
	SHAPE_MAPPED = 9,
	SHAPE_NOT_UNMAPPED = 10,
	SHAPE_REMAPPED = 11,
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
	/* The end of the call is seen by probes at its exits: no return address is replaced. */
	u8 has_exits;
	/* The old block is released even when there is no new one: reallocf. */
	u8 always_releases;
	u8 unused;
};

/* The same for a probe at a place where the result is there: where the caller is. Distances are in words. */
struct exit_cookie {
	/* enum shape. */
	u8 shape;
	/* The canonical frame address is `cfa` above the frame pointer, not the stack pointer. */
	u8 by_frame_pointer;
	/* Where the caller's frame pointer and the return address are, from there: 0 when they are in their registers. */
	s8 frame_pointer;
	s8 return_address;
	u16 cfa;
	/* The place is a jump to a function that gives back its first argument: that is the result. */
	u8 gives_argument;
	u8 unused;
};

enum sampling_units {
	/* Weights, and the numbers of blocks that sampling estimates, count in 1/65536. */
	FRACTION_SHIFT = 16,
	/* The mean distance, times ln 2, counts in 1/256. */
	SCALE_SHIFT = 8,
	LOG2_STEPS_SHIFT = 6,
	/* A block of so many times the mean distance, and more, has a weight from the table; of so many, none but 1. */
	WEIGHT_START = 2,
	WEIGHT_END = 16,
	WEIGHT_STEPS_SHIFT = 4,
	WEIGHT_STEPS = (WEIGHT_END - WEIGHT_START) << WEIGHT_STEPS_SHIFT,
};

/* Functions at places of equal distance, in 1/65536; both ends are there. */
struct sampling_tables {
	/* log2(1 + i / 64). */
	u32 log2[(1 << LOG2_STEPS_SHIFT) + 1];
	/* 1 / (1 - exp(-(2 + i / 16))). */
	u32 weights[WEIGHT_STEPS + 1];
};

/* ---- the life of the process: see bpf/process.bpf.c ---- */

enum process_change {
	/* It is about to run the first instruction of a program. */
	PROCESS_EXECUTED = 1,
	/* Its loader has mapped or unmapped libraries; of new ones no code has run yet. */
	PROCESS_LOADED = 2,
	/* It has a child that shares nothing with it but the breakpoints in its copy of the memory. */
	PROCESS_FORKED = 3,
	/* Its first thread has left; others go on. */
	PROCESS_LEADERLESS = 4,
	/* Its last thread ends. */
	PROCESS_ENDED = 5,
};

/* In `process_events`. Process ids are those that emleak sees. */
struct process_event {
	enum process_change change;
	u32 pid;
	/* The program has the watched name. */
	u8 is_match;
	u8 unused[3];
	/* Of a process that ends: as wait(2) has it. */
	s32 exit_code;
	/* When the process began, in nanoseconds since boot: with the id, what makes it this process. */
	u64 start_time;
	/* In nanoseconds of the monotonic clock. A thread that waits for emleak waits until it has dealt with events of this time. */
	u64 time;
};

/* The name that emleak waits for, padded with zeros: whole, and as the kernel keeps names of threads. */
struct watched_name {
	char name[NAME_SIZE];
	char comm[COMM_SIZE];
	u32 length;
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
	/* Calls on stacks that were lost while the thread was in an allocator call: taken for its own business. */
	u64 doubtful_calls;
	/* Calls whose return address was not replaced, because another call's may be, on another stack. */
	u64 unsafe_calls;
};

#endif
