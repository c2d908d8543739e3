/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Return addresses that are not on the stack: a return probe, of emleak or of another program, has put the address of a
 * trampoline there, and the kernel keeps the one that was there before.
 */
#ifndef UNWIND_HIJACK_H
#define UNWIND_HIJACK_H

#include "kernel.h"

/* Kernels count no more return probes in flight than 64 (MAX_URETPROBE_DEPTH). */
enum { MAX_RETURN_PROBES = 64 };

#define READ_KERNEL(into, field) bpf_probe_read_kernel(&(into), sizeof(into), &(field))

/* The return address that was in the slot when its function was called: 0 when the kernel does not say. */
global_function u64 hijacked_return_address(u64 slot)
{
	struct task_struct *task = bpf_get_current_task();
	struct uprobe_task *probes = 0;
	struct return_instance *instance = 0;

	if (!HAS_FIELD(task->utask) || !HAS_FIELD(probes->return_instances) || !HAS_FIELD(instance->next)
	    || !HAS_FIELD(instance->stack) || !HAS_FIELD(instance->orig_ret_vaddr))
		return 0;
	if (READ_KERNEL(probes, task->utask) || !probes || READ_KERNEL(instance, probes->return_instances))
		return 0;
	for (int i = 0; i < MAX_RETURN_PROBES && instance; i++) {
		unsigned long stack = 0, address = 0;

		if (READ_KERNEL(stack, instance->stack))
			return 0;
		if (stack == slot)
			return READ_KERNEL(address, instance->orig_ret_vaddr) ? 0 : address;
		if (READ_KERNEL(instance, instance->next))
			return 0;
	}
	return 0;
}

#endif
