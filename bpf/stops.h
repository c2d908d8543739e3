/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stopping the current process, so that emleak can probe it before it goes on. Every stop of ours is on record before its
 * signal is sent: who continues the process (Target/ProcessStops, in emleak or in its guard) knows which stops are ours.
 */
#ifndef STOPS_H
#define STOPS_H

#include "visible_process.h"

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct stop);
} stops SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct continuation);
} continued SEC(".maps");

/* The kernel has bpf_send_signal (5.3), and who is stopped can be continued. */
const volatile u8 may_stop = 1;

/* With the id, what makes it this process. */
inline_always u64 process_start_time(struct task_struct *task)
{
	struct task_struct *leader = KERNEL_FIELD(task, group_leader);

	if (!HAS_FIELD(leader->start_boottime))
		return KERNEL_FIELD((struct task_struct___before *)leader, real_start_time);
	return KERNEL_FIELD(leader, start_boottime);
}

/*
 * Stops the traced process before this thread executes another instruction of its own. First the record, then the look whether
 * stops are still allowed: one of the two, the guard's look at the record or this one, sees the other. Two threads may stop the
 * process at once; user space continues it when it sees both signals sent.
 */
inline_always int stop_process(u32 pid)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 only = 0;
	struct stop *stop = bpf_map_lookup_elem(&stops, &only);
	struct continuation *continuation = bpf_map_lookup_elem(&continued, &only);
	int is_stopped;

	if (!may_stop || !stop || !continuation)
		return 0;
	/* The signal would be the debugger's, and only the debugger could let the thread go on. */
	if (KERNEL_FIELD(task, ptrace))
		return 0;
	stop->pid = pid;
	stop->start_time = process_start_time(task);
	__sync_fetch_and_add(&stop->begun, 1);
	is_stopped = !*(volatile u32 *)&continuation->is_last && !bpf_send_signal(SIGNAL_STOP);
	__sync_fetch_and_add(&stop->sent, 1);
	return is_stopped;
}

#endif
