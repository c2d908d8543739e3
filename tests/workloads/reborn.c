/* SPDX-License-Identifier: BSD-3-Clause */
/* Has a child; when a line has come it kills it, and has another one with the same number (clone3(2), set_tid). */
#include "ledger.h"
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

SITE void *of_first(void) { return malloc(100); }
SITE void *of_second(void) { return malloc(100); }

static void go_on(void *(*allocate)(void))
{
	for (;;) {
		KEEP(allocate());
		usleep(1000);
	}
}

int main(void)
{
	pid_t child = fork();
	struct clone_args arguments = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&child, .set_tid_size = 1 };
	long again;

	if (!child)
		go_on(of_first);
	dprintf(1, "child %d\n", child);
	wait_for_line();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	again = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (!again)
		go_on(of_second);
	dprintf(1, "again %ld\n", again);
	wait_for_line();
	if (again > 0)
		kill((pid_t)again, SIGKILL);
	_exit(0);
}
