/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom the programs watch, and what they count that got lost. */
#ifndef TARGET_H
#define TARGET_H

#include "kernel.h"

/* The process, as the kernel's initial namespace numbers it. */
const volatile u32 target_pid;

const volatile u8 has_task_storage = 1;

struct counters counters;

#define count(counter, n) __sync_fetch_and_add(&counters.counter, n)

/* A child of vfork shares the process's memory, and so its breakpoints: it is not the process. */
inline_always int is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target_pid;
}

inline_always u32 current_thread(void)
{
	return (u32)bpf_get_current_pid_tgid();
}

#endif
