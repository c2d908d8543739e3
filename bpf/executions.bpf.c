// SPDX-License-Identifier: BSD-3-Clause
/* Tells when a process begins to execute a program of the watched name (-c). */
#include "kernel.h"

/* The name as the kernel keeps it: cut to 15 bytes, the rest zero. */
const volatile char watched_comm[COMM_SIZE];

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, 64 * 1024);
} executions SEC(".maps");

SEC("raw_tp/sched_process_exec")
int execution(void)
{
	struct execution_event event = {};

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	for (int i = 0; i < COMM_SIZE; i++) {
		if (event.comm[i] != watched_comm[i])
			return 0;
		if (!event.comm[i])
			break;
	}
	event.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_ringbuf_output(&executions, &event, sizeof(event), 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
