/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More memory than emleak keeps in lines (bpf/blocks.h): 600,000 blocks over 190 MB, a block of 5 GiB, and a user's
 * allocator, for -m and -f, whose blocks start at odd addresses.
 */
#include "ledger.h"

enum { BLOCKS = 600000 };

static void *blocks[BLOCKS];
static char pool[1 << 16];
static size_t used;

SITE void *many(void) { return malloc(300); }
SITE void *again(void) { return malloc(300); }
SITE void *huge(void) { return malloc((size_t)5 << 30); }

SITE void *odd_alloc(size_t size)
{
	void *block = &pool[used];

	used += size;
	return block;
}

SITE void odd_free(void *block) { KEEP(block); }

SITE void *odd(void) { return odd_alloc(3); }

int main(void)
{
	begin();
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = many();
	for (int i = 0; i < BLOCKS; i += 2)
		free(blocks[i]);
	hold("main;many", 300L * BLOCKS / 2, BLOCKS / 2);
	for (int i = 0; i < BLOCKS / 4; i++)
		KEEP(again());
	hold("main;again", 300L * BLOCKS / 4, BLOCKS / 4);
	free(huge());
	KEEP(huge());
	hold("main;huge", 5L << 30, 1);
	for (int i = 0; i < 90; i++) {
		void *block = odd();

		if (i % 3)
			odd_free(block);
	}
	hold("main;odd", 30 * 3, 30);
	end();
}
