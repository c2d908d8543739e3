/* SPDX-License-Identifier: BSD-3-Clause */
/* Works, and when a line has come becomes another program: "turns PROGRAM ARGUMENTS". */
#include "ledger.h"

SITE void *before(size_t size) { return malloc(size); }

int main(int argc, char **argv)
{
	begin();
	for (int i = 0; i < 30; i++) {
		free(before(50));
		KEEP(before(200));
	}
	hold("main;before", 30 * 200, 30);
	dprintf(1, "done\n");
	wait_for_line();
	if (argc > 1)
		execv(argv[1], argv + 1);
	_exit(1);
}
