/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records for user space. In a ring buffer (5.8) they keep their order; before, there is a buffer for each processor, and user
 * space orders them by their time. What finds no room there, the kernel tells user space.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "kernel.h"

const volatile u8 has_ring_buffer = 1;

/* For a record that needs it. */
inline_always u64 time_of_record(void)
{
	return has_ring_buffer ? 0 : bpf_ktime_get_ns();
}

inline_always long send_to_processor(void *context, void *map, void *record, u64 size)
{
	return bpf_perf_event_output(context, map, BPF_F_CURRENT_CPU, record, size);
}

#endif
