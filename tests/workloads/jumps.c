/* SPDX-License-Identifier: BSD-3-Clause */
/* An allocator whose functions leave by jumps, into each other and into parts that others call, too. Run with -m fast_take -f fast_give. */
#include "ledger.h"

#define NEVER_INLINED __attribute__((noinline, noclone))

static char pool[1 << 20];
static size_t used;

NEVER_INLINED void *refill(size_t size)
{
	void *block = pool + used;

	used += (size + 31) / 16 * 16;
	return block;
}

NEVER_INLINED void *slow_take(size_t size)
{
	if (size > 1000)
		return NULL;
	return refill(size);
}

NEVER_INLINED void *fast_take(size_t size)
{
	if (size == 7)
		return pool + sizeof(pool) - 16;
	return slow_take(size);
}

NEVER_INLINED void fast_give(void *block) { KEEP(block); }

SITE void *jump(size_t size) { void *block = fast_take(size); KEEP(block); return block; }
SITE void *direct(size_t size) { void *block = slow_take(size); KEEP(block); return block; }

int main(void)
{
	begin();
	for (int i = 0; i < 100; i++) {
		void *block = jump(64);

		KEEP(direct(64));
		KEEP(jump(2000));
		if (i % 2)
			fast_give(block);
	}
	KEEP(jump(7));
	hold("main;jump", 50 * 64 + 7, 51);
	end();
}
