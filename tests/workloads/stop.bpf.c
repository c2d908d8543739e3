// SPDX-License-Identifier: BSD-3-Clause
/* Stops a process at every so many returns of a function in its first thread: others can look at its stack then. */
#include "kernel.h"

const volatile u32 stop_pid;
const volatile u64 stop_period = 1;
u64 stop_calls;

/* Since 5.5. */
static long (*const bpf_send_signal_thread)(u32 signal) = (void *)117;

SEC("uretprobe")
int stop_at_return(struct pt_regs *regs)
{
	enum { SIGSTOP = 19 };

	if (bpf_get_current_pid_tgid() != ((u64)stop_pid << 32 | stop_pid))
		return 0;
	stop_calls++;
	if (RESULT(regs) && stop_calls % stop_period == 0)
		bpf_send_signal_thread(SIGSTOP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
