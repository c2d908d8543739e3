/* SPDX-License-Identifier: BSD-3-Clause */
/* 4,096 distinct call paths: twelve decisions between two functions. Each path holds its own number of bytes. */
#include "ledger.h"

enum { DEPTH = 12 };

SITE void left(int depth, unsigned path);
SITE void right(int depth, unsigned path);

static inline __attribute__((always_inline)) void descend(int depth, unsigned path)
{
	if (depth == DEPTH)
		KEEP(malloc(path + 1));
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
	for (unsigned path = 0; path < 1u << DEPTH; path++) {
		char *end = text + sprintf(text, "main;top");

		top(path);
		for (int depth = 0; depth < DEPTH; depth++)
			end += sprintf(end, path >> depth & 1 ? ";left" : ";right");
		hold(text, path + 1, 1);
	}
	end();
}
