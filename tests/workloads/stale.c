/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small blocks and large ones by turns, from frames that lie over each other. A frame's array is never written to: whatever earlier
 * calls have left on the stack is still there when the frame's own calls are made below it.
 */
#include "ledger.h"

enum { ROUNDS = 100, SMALL = 64, LARGE = 500 };

SITE void take_small(void)
{
	KEEP(malloc(SMALL));
}

SITE void take_large(void)
{
	char unused[4096];

	KEEP(unused);
	KEEP(malloc(LARGE));
	KEEP(malloc(SMALL));
	KEEP(calloc(1, LARGE));
	KEEP(malloc(SMALL));
}

SITE void take_deeper(void)
{
	char unused[8192];

	KEEP(unused);
	take_small();
	take_large();
	KEEP(calloc(1, LARGE));
}

int main(void)
{
	begin();
	for (int i = 0; i < ROUNDS; i++) {
		take_small();
		take_large();
		take_small();
		take_deeper();
	}
	hold("main;take_large", 2L * ROUNDS * LARGE, 2 * ROUNDS);
	hold("main;take_deeper;take_large", 2L * ROUNDS * LARGE, 2 * ROUNDS);
	hold("main;take_deeper", 1L * ROUNDS * LARGE, ROUNDS);
	end();
}
