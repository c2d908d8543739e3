/* SPDX-License-Identifier: BSD-3-Clause */
/* A program at a terminal: tells what happens there, and ends with code 7 at the line "end". */
#include "ledger.h"
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

SITE void *keep(size_t size) { return malloc(size); }

static void tell_size(void)
{
	struct winsize size = { 0 };

	ioctl(0, TIOCGWINSZ, &size);
	dprintf(1, "size %d %d\n", size.ws_row, size.ws_col);
}

static void tell(int signal)
{
	if (signal == SIGWINCH)
		tell_size();
	else
		dprintf(1, signal == SIGINT ? "interrupted\n" : "continued\n");
}

int main(void)
{
	char line[100];
	struct sigaction action = { .sa_handler = tell, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGCONT, &action, NULL);
	sigaction(SIGWINCH, &action, NULL);
	for (int i = 0; i < 10; i++)
		KEEP(keep(100));
	dprintf(1, "process %d at %s\n", getpid(), isatty(0) && isatty(1) && isatty(2) ? ttyname(0) : "no terminal");
	tell_size();
	for (;;) {
		ssize_t length = read(0, line, sizeof(line) - 1);

		if (length <= 0)
			_exit(1);
		line[length] = 0;
		if (!strcmp(line, "end\n"))
			_exit(7);
		dprintf(1, "read %s", line);
	}
}
