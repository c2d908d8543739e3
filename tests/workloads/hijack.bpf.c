// SPDX-License-Identifier: BSD-3-Clause
/* Another tracer's return probe: it does nothing but stand in for the return address. */
#include "kernel.h"

SEC("uretprobe")
int pass_by(struct pt_regs *regs)
{
	(void)regs;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
