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
	/* MAX_PID_NS_LEVEL. */
	enum { MAX_LEVEL = 32 };
	struct task_struct *leader;
	struct pid *id;
	u32 levels;

	if (!own_namespace)
		return bpf_get_current_pid_tgid() >> 32;
	leader = KERNEL_FIELD(bpf_get_current_task(), group_leader);
	id = KERNEL_FIELD(leader, thread_pid);
	levels = KERNEL_FIELD(id, level);
	for (u32 i = 0; i <= MAX_LEVEL; i++) {
		struct pid_namespace *namespace;

		if (i > levels)
			break;
		namespace = KERNEL_FIELD(id, numbers[i].ns);
		if (KERNEL_FIELD(namespace, ns.inum) == own_namespace)
			return KERNEL_FIELD(id, numbers[i].nr);
	}
	return 0;
}

#endif
