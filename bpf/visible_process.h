/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of the current process, as emleak sees it. */
#ifndef VISIBLE_PROCESS_H
#define VISIBLE_PROCESS_H

#include "kernel.h"

/* The process namespace that emleak lives in; 0 for the machine's own, where nothing has to be looked up. */
const volatile u32 own_namespace;

/*
 * A process in a namespace below emleak's has a number there, too, one for each level: bpf_get_ns_current_pid_tgid (5.7)
 * would only give the innermost. 0 for a process that emleak cannot see.
 */
noinline u32 visible_process(void)
{
#ifdef WITHOUT_LOOPS
	/* Every level takes its instructions, of which there are few. */
	enum { MAX_LEVEL = 16 };
#else
	/* MAX_PID_NS_LEVEL. */
	enum { MAX_LEVEL = 32 };
#endif
	struct task_struct *leader;
	struct pid *id;
	struct upid *number = 0;
	u32 levels;
	u64 numbers, to_namespace, to_inode, found = 0;
	u32 value = 0;

	if (!own_namespace)
		return bpf_get_current_pid_tgid() >> 32;
	leader = KERNEL_FIELD(bpf_get_current_task(), group_leader);
	id = KERNEL_FIELD(leader, thread_pid);
	levels = KERNEL_FIELD(id, level);
	/* Asked before the loop: clang does not unroll what is relocated, and kernels below 5.3 have no loops. */
	numbers = (u64)id + FIELD_OFFSET(id->numbers);
	to_namespace = FIELD_OFFSET(number->ns);
	to_inode = FIELD_OFFSET(((struct pid_namespace *)0)->ns.inum);
#pragma unroll
	for (u32 i = 0; i <= MAX_LEVEL; i++) {
		u64 namespace = 0;
		u32 inode = 0;

		/* Not a way out of the loop: clang puts that before it. */
		if (i <= levels) {
			bpf_probe_read_kernel(&namespace, sizeof(namespace), (void *)(numbers + to_namespace));
			bpf_probe_read_kernel(&inode, sizeof(inode), (void *)(namespace + to_inode));
			if (inode == own_namespace)
				found = numbers;
		}
		barrier_var(found);
		numbers += sizeof(struct upid);
	}
	/* The number itself comes first. */
	bpf_probe_read_kernel(&value, sizeof(value), (void *)found);
	return found ? value : 0;
}

#endif
