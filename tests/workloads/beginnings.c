/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocates before main: in a constructor, in a preloaded library's constructor if there is one, and at main's very beginning.
 * It waits for nobody.  "beginnings [ROUNDS]": executes itself so many times more, each time beginning anew.
 */
#include "ledger.h"

SITE void *early(size_t size) { return malloc(size); }
SITE void *first(size_t size) { return malloc(size); }

__attribute__((constructor)) SITE void construct(void)
{
	for (int i = 0; i < 100; i++)
		KEEP(early(1000 + i));
	free(early(5000));
}

int main(int count, char **arguments)
{
	int rounds = count > 1 ? atoi(arguments[1]) : 0;

	for (int i = 0; i < 10; i++)
		KEEP(first(100));
	hold("construct;early", 104950, 100);
	hold("main;first", 1000, 10);
	dprintf(1, "done\n");
	if (rounds) {
		char left[16];

		snprintf(left, sizeof(left), "%d", rounds - 1);
		execl("/proc/self/exe", arguments[0], left, NULL);
		_exit(1);
	}
	_exit(7);
}
