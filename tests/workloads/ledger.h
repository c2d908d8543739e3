/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a workload knows about itself: it says how many bytes in how many blocks each of its call paths still holds.
 * A path is written as emleak's folded stacks are, outermost function first, from `main` or the thread's function on.
 *
 * Protocol: the program waits for a line on standard input, works, prints "hold PATH BYTES COUNT" lines and "done",
 * waits for a second line or the end of its input, and exits without releasing anything.
 */
#ifndef LEDGER_H
#define LEDGER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A call path must stay one: no inlining, no cloning, and no jump in place of the last call. */
#define SITE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

/* Keeps an unused result, and with it the call. */
#define KEEP(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

static void wait_for_line(void)
{
	char c;

	while (read(0, &c, 1) == 1 && c != '\n')
		;
}

/* Straight to the descriptor: stdio would allocate a buffer of its own. */
__attribute__((unused)) static void hold(const char *path, long bytes, long count)
{
	dprintf(1, "hold %s %ld %ld\n", path, bytes, count);
}

__attribute__((unused)) static void begin(void)
{
	dprintf(1, "ready\n");
	wait_for_line();
}

__attribute__((unused)) static void end(void)
{
	dprintf(1, "done\n");
	wait_for_line();
	_exit(0);
}

#endif
