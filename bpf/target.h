/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom the programs watch, and what they count that got lost. */
#ifndef TARGET_H
#define TARGET_H

#include "visible_process.h"

/*
 * The process, as the kernel's initial namespace numbers it; 0 while nobody is traced. Where emleak lives in a process namespace
 * of its own it does not know that number: then the process's first hit tells it.
 */
u32 target_pid;

const volatile u8 has_task_storage = 1;

struct counters counters;

#define count(counter, n) __sync_fetch_and_add(&counters.counter, n)

/* Stays 0. */
const volatile u8 never;

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(key_size, 4);
	MAP_NUMBER(value_size, 4);
} no_programs SEC(".maps");

/*
 * Since 6.13 the kernel may give programs of this type a stack for each CPU instead of the thread's own (bpf_enable_priv_stack in
 * kernel/bpf/verifier.c). Programs of uprobes can be preempted, and two threads then write over each other. A program with a
 * tail call keeps the thread's stack; this one is never made, and the verifier takes it out.
 */
#define KEEP_OWN_STACK(context, programs)                        \
	do {                                                    \
		if (never)                                      \
			bpf_tail_call((context), &(programs), 0); \
	} while (0)

inline_always void keep_own_stack(void *context)
{
	KEEP_OWN_STACK(context, no_programs);
}

/* The process, as emleak's own namespace numbers it. */
u32 visible_target_pid;

noinline int learn_target(u32 process)
{
	if (!visible_target_pid || visible_process() != visible_target_pid)
		return 0;
	target_pid = process;
	return 1;
}

/* A child of vfork shares the process's memory, and so its breakpoints: it is not the process. */
inline_always int is_target(void)
{
	u32 process = bpf_get_current_pid_tgid() >> 32;

	return process == target_pid || (!target_pid && learn_target(process));
}

inline_always u32 current_thread(void)
{
	return (u32)bpf_get_current_pid_tgid();
}

#endif
