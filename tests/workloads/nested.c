/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocators inside allocators: one call is one allocation. Run with -m pool_alloc -f pool_free; without them, the
 * argument "plain" tells what the inner calls hold.
 */
#include "ledger.h"
#include <setjmp.h>
#include <string.h>

static jmp_buf out_of_memory;

/* The user's own allocator: a header in front of a block of malloc's. */
SITE void *pool_alloc(size_t size)
{
	char *block;

	if (size == 13)
		longjmp(out_of_memory, 1);
	block = malloc(size + 32);
	return block + 32;
}

SITE void pool_free(void *block)
{
	free((char *)block - 32);
}

SITE void *large(void) { return malloc(1 << 20); }
SITE void *zeroed(void) { return calloc(1, 2 << 20); }
SITE void *pooled(size_t size) { return pool_alloc(size); }
SITE void *plain(size_t size) { return malloc(size); }

SITE int unlucky(void)
{
	if (setjmp(out_of_memory))
		return 1;
	KEEP(pool_alloc(13));
	return 0;
}

int main(int argc, char **argv)
{
	int inner = argc > 1 && !strcmp(argv[1], "plain");

	begin();
	for (int i = 0; i < 200; i++) {
		void *block = large();

		if (i % 4)
			free(block);
	}
	hold("main;large", 50L << 20, 50);
	for (int i = 0; i < 10; i++)
		KEEP(zeroed());
	hold("main;zeroed", 20L << 20, 10);
	for (int i = 0; i < 100; i++) {
		void *block = pooled(100);

		if (i % 2)
			pool_free(block);
	}
	if (inner)
		hold("main;pooled;pool_alloc", 50 * 132, 50);
	else
		hold("main;pooled", 50 * 100, 50);

	/* An allocator that is left by longjmp does not make the next calls look nested. */
	for (int i = 0; i < 5; i++) {
		if (!unlucky())
			abort();
		KEEP(plain(70));
	}
	hold("main;plain", 5 * 70, 5);
	end();
}
