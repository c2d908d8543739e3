/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Distinct call paths, by decisions between two functions: twelve decisions make 4,096 paths. Each path holds its own number of bytes,
 * and all of them call malloc at one depth of the stack. In more rounds than one they come again and again, in changing order: whoever
 * takes one path for another is found out.
 * Arguments: DECISIONS ROUNDS, 12 and 1 when not given.
 */
#include "ledger.h"

enum { MOST_DECISIONS = 12 };

static int decisions = MOST_DECISIONS;

SITE void left(int depth, unsigned path);
SITE void right(int depth, unsigned path);

static inline __attribute__((always_inline)) void descend(int depth, unsigned path)
{
	if (depth == decisions)
		KEEP(malloc(path + 1));
	else if (path >> depth & 1)
		left(depth + 1, path);
	else
		right(depth + 1, path);
}

SITE void left(int depth, unsigned path) { descend(depth, path); }
SITE void right(int depth, unsigned path) { descend(depth, path); }
SITE void top(unsigned path) { descend(0, path); }

int main(int argc, char **argv)
{
	char text[16 * MOST_DECISIONS];
	unsigned rounds = 1, paths;
	long count = 0;

	if (argc == 3) {
		decisions = atoi(argv[1]);
		rounds = atoi(argv[2]);
	}
	paths = 1u << decisions;
	begin();
	for (unsigned round = 0; round < rounds; round++) {
		/* Now and then a path comes more than once, as in a loop. */
		unsigned times = round % 3 + 1;

		for (unsigned i = 0; i < paths; i++) {
			/* An odd factor goes through all of them. */
			for (unsigned again = 0; again < times; again++)
				top(i * (2 * round + 1) % paths);
		}
		count += times;
	}
	for (unsigned path = 0; path < paths; path++) {
		char *end = text + sprintf(text, "main;top");

		for (int depth = 0; depth < decisions; depth++)
			end += sprintf(end, path >> depth & 1 ? ";left" : ";right");
		hold(text, count * (path + 1), count);
	}
	end();
}
