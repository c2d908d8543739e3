/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks from before the tracing begins are released, resized and kept; blocks from after it are counted. */
#include "ledger.h"

SITE void *late(size_t size) { return malloc(size); }
SITE void *resize(void *block, size_t size) { return realloc(block, size); }

int main(void)
{
	void *blocks[300];

	for (int i = 0; i < 300; i++)
		blocks[i] = malloc(48);
	begin();
	for (int i = 0; i < 100; i++)
		free(blocks[i]);
	for (int i = 100; i < 200; i++)
		KEEP(resize(blocks[i], 200));
	hold("main;resize", 100 * 200, 100);
	for (int i = 0; i < 50; i++)
		KEEP(late(48));
	hold("main;late", 50 * 48, 50);
	end();
}
