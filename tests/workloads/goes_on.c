/* SPDX-License-Identifier: BSD-3-Clause */
/* Becomes a daemon, by two forks as most do, allocates for a few seconds, and ends. */
#include "ledger.h"

SITE void *serve(size_t size) { return malloc(size); }

int main(void)
{
	if (fork())
		_exit(3);
	setsid();
	if (fork())
		_exit(0);
	for (int i = 0; i < 40; i++) {
		usleep(100000);
		KEEP(serve(100));
	}
	return 0;
}
