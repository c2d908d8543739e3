/* SPDX-License-Identifier: BSD-3-Clause */
/* Has children of every kind that allocate, too: by fork, by vfork and by posix_spawn. What they hold is not its own. */
#include "ledger.h"
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

SITE void *own(void) { return malloc(500); }
SITE void *of_child(void) { return malloc(700); }

static void have_children(void)
{
	char *arguments[] = { "true", NULL };
	pid_t child = fork();

	if (!child) {
		for (int i = 0; i < 100; i++)
			KEEP(of_child());
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = vfork();
	if (!child) {
		execv("/bin/true", arguments);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	if (!posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ))
		waitpid(child, NULL, 0);
}

int main(void)
{
	pid_t child;

	begin();
	for (int i = 0; i < 50; i++) {
		KEEP(own());
		have_children();
	}
	hold("main;own", 50 * 500, 50);
	/* One that lives on, and executes nothing. */
	child = fork();
	if (!child) {
		for (;;)
			pause();
	}
	dprintf(1, "child %d\n", child);
	dprintf(1, "done\n");
	wait_for_line();
	kill(child, 9);
	_exit(0);
}
