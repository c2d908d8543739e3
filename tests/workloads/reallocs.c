/* SPDX-License-Identifier: BSD-3-Clause */
/* realloc that grows, moves, shrinks, releases, and fails for want of address space. */
#include "ledger.h"
#include <stdint.h>
#include <sys/resource.h>

SITE void *first(size_t size) { return malloc(size); }
SITE void *grow(void *block, size_t size) { return realloc(block, size); }
SITE void *shrink(void *block, size_t size) { return realloc(block, size); }
SITE void *to_nothing(void *block) { return realloc(block, 0); }
SITE void *to_array(void *block, size_t count, size_t size) { return reallocarray(block, count, size); }

static void limit_address_space(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	if (setrlimit(RLIMIT_AS, &limit))
		abort();
}

int main(void)
{
	void *fences[64];
	void *block;
	size_t huge = (size_t)1 << 40;

	begin();

	/* Grows in place or moves: the fence behind each block makes every second one move. */
	for (int i = 0; i < 64; i++) {
		block = first(1000);
		fences[i] = i % 2 ? first(16) : NULL;
		KEEP(grow(block, 5000));
	}
	hold("main;grow", 64 * 5000, 64);
	for (int i = 0; i < 64; i++)
		free(fences[i]);

	/* Large blocks are mappings, which mremap moves. */
	block = grow(first(1 << 20), 3 << 20);
	KEEP(shrink(block, 2 << 20));
	for (int i = 0; i < 9; i++)
		KEEP(shrink(first(4000), 40));
	hold("main;shrink", (2 << 20) + 9 * 40, 10);

	for (int i = 0; i < 5; i++)
		KEEP(to_nothing(first(500)));

	for (int i = 0; i < 3; i++)
		KEEP(to_array(first(10), 7, 11));
	hold("main;to_array", 3 * 77, 3);

	/* Fails: the old block is still there, and still belongs to who allocated it. */
	limit_address_space((rlim_t)1 << 32);
	for (int i = 0; i < 4; i++) {
		block = first(111);
		if (grow(block, huge) || to_array(block, SIZE_MAX / 2, 4))
			abort();
	}
	hold("main;first", 4 * 111, 4);
	end();
}
