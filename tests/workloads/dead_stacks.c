/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compilers go along hundreds of thousands of paths that hold nothing soon after. Here 2^DECISIONS paths allocate and release, and
 * one in so many (KEPT) keeps its block.
 */
#include "ledger.h"

enum { DECISIONS = 17, KEPT = 1 << 14 };

SITE void left(int depth, unsigned path);
SITE void right(int depth, unsigned path);

static inline __attribute__((always_inline)) void descend(int depth, unsigned path)
{
	if (depth == DECISIONS) {
		void *block = malloc(path + 1);

		KEEP(block);
		if (path % KEPT)
			free(block);
	} else if (path >> depth & 1) {
		left(depth + 1, path);
	} else {
		right(depth + 1, path);
	}
}

SITE void left(int depth, unsigned path) { descend(depth, path); }
SITE void right(int depth, unsigned path) { descend(depth, path); }
SITE void top(unsigned path) { descend(0, path); }

int main(void)
{
	char text[16 * DECISIONS + 16];

	begin();
	for (unsigned path = 0; path < 1u << DECISIONS; path++)
		top(path);
	for (unsigned path = 0; path < 1u << DECISIONS; path += KEPT) {
		char *end = text + sprintf(text, "main;top");

		for (int depth = 0; depth < DECISIONS; depth++)
			end += sprintf(end, path >> depth & 1 ? ";left" : ";right");
		hold(text, path + 1, 1);
	}
	end();
}
