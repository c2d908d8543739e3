/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a thread waits until emleak has probed what the thread is about to run: by itself, in BPF, while all others go on. No
 * signal is sent and nothing is stopped, so nothing can be left stopped. The wait ends when user space writes the time up to which
 * it has dealt with events, when the thread is killed, when emleak has died, or when the time is over.
 */
#ifndef WAITING_H
#define WAITING_H

#include "kernel.h"

/*
 * Up to which time the events of a process are dealt with; user space writes it. Each process has its own: the next one may begin to
 * wait while emleak lets go of the last one.
 */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 1024);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} probed_until SEC(".maps");

/* Nobody waits any more: emleak has ended, or is about to. */
u8 waits_have_ended;

struct wait {
	u32 pid;
	/* The event that is waited for, and the end of patience, in nanoseconds of the monotonic clock. */
	u64 event;
	u64 end;
	/* Memory of the thread's own that can be read. */
	u64 readable;
};

enum { WAIT_GOES_ON = 0, WAIT_IS_OVER = 1 };

/*
 * A look at the word, then a way for others to run. Nothing in BPF gives up the processor by itself; on kernels without
 * preemption this one does: get_user_pages calls cond_resched() for every page, whatever is read (mm/gup.c). It also fails when
 * the thread has been killed.
 */
static int look_again(u32 round, struct wait *wait)
{
	u8 ignored;
	u64 *until = bpf_map_lookup_elem(&probed_until, &wait->pid);

	(void)round;
	if (*(volatile u8 *)&waits_have_ended || (until && *(volatile u64 *)until >= wait->event) || bpf_ktime_get_ns() >= wait->end)
		return WAIT_IS_OVER;
	if (bpf_copy_from_user_task(&ignored, sizeof(ignored), (void *)wait->readable, bpf_get_current_task_btf(), 0))
		return WAIT_IS_OVER;
	return WAIT_GOES_ON;
}

/* Only for programs that may sleep. */
inline_always void wait_until_probed(u32 pid, u64 event, u64 patience, u64 readable)
{
	/* As many as bpf_loop allows, which is three seconds; so often it is called. */
	enum { MOST_LOOKS = 1 << 23, MOST_LOOPS = 8 };
	struct wait wait = { .pid = pid, .event = event, .end = event + patience, .readable = readable };

#pragma unroll
	for (int i = 0; i < MOST_LOOPS; i++) {
		if (bpf_loop(MOST_LOOKS, look_again, &wait, 0) < MOST_LOOKS)
			break;
	}
}

#endif
