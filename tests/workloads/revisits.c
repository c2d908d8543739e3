/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 64 call paths that all reach one call of malloc at one depth of the stack, over and over and in changing order. Each holds its own
 * number of bytes: whoever takes one path for another is found out.
 */
#include "ledger.h"

enum { DEPTH = 6, PATHS = 1 << DEPTH, ROUNDS = 200 };

SITE void left(int depth, unsigned path);
SITE void right(int depth, unsigned path);

SITE void take(unsigned bytes)
{
	KEEP(malloc(bytes));
}

static inline __attribute__((always_inline)) void descend(int depth, unsigned path)
{
	if (depth == DEPTH)
		take(path + 1);
	else if (path >> depth & 1)
		left(depth + 1, path);
	else
		right(depth + 1, path);
}

SITE void left(int depth, unsigned path) { descend(depth, path); }
SITE void right(int depth, unsigned path) { descend(depth, path); }
SITE void top(unsigned path) { descend(0, path); }

int main(void)
{
	char text[16 * DEPTH];

	begin();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < PATHS; i++) {
			/* An odd factor goes through all of them. Now and then a path comes twice at once, as in a loop. */
			unsigned path = (i * (2 * round + 1)) % PATHS;

			for (unsigned again = 0; again <= round % 3; again++)
				top(path);
		}
	}
	for (unsigned path = 0; path < PATHS; path++) {
		char *end = text + sprintf(text, "main;top");
		long count = 0;

		for (int depth = 0; depth < DEPTH; depth++)
			end += sprintf(end, path >> depth & 1 ? ";left" : ";right");
		sprintf(end, ";take");
		for (unsigned round = 0; round < ROUNDS; round++)
			count += round % 3 + 1;
		hold(text, count * (path + 1), count);
	}
	end();
}
