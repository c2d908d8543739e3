/* SPDX-License-Identifier: BSD-3-Clause */
/* Every allocator function: 100 blocks each, every second one released again. */
#include "ledger.h"
#include <malloc.h>

enum { BLOCKS = 100 };

SITE void *by_malloc(size_t size) { return malloc(size); }
SITE void *by_calloc(size_t size) { return calloc(3, size); }
SITE void *by_realloc(size_t size) { return realloc(NULL, size); }
SITE void *by_reallocarray(size_t size) { return reallocarray(NULL, 5, size); }
SITE void *by_aligned_alloc(size_t size) { return aligned_alloc(64, size * 64); }
SITE void *by_memalign(size_t size) { return memalign(128, size); }
SITE void *by_valloc(size_t size) { return valloc(size); }
/* jemalloc has none: the C library's would answer, and jemalloc be given its block to free. */
#ifndef NO_PVALLOC
SITE void *by_pvalloc(size_t size) { return pvalloc(size); }
#endif

SITE void *by_posix_memalign(size_t size)
{
	void *block = NULL;

	return posix_memalign(&block, 256, size) ? NULL : block;
}

SITE void *by_small_posix_memalign(size_t size)
{
	void *block = NULL;

	return posix_memalign(&block, 8, size) ? NULL : block;
}

/* None of these gives a block. */
SITE void by_failing(void)
{
	void *block = (void *)8;
	volatile size_t huge = (size_t)1 << 62;

	KEEP(malloc(huge));
	KEEP(calloc(huge, huge));
	KEEP(realloc(NULL, huge));
	KEEP(reallocarray(NULL, huge, 16));
	KEEP(memalign(64, huge));
	KEEP((void *)(long)posix_memalign(&block, 3, 10));
	KEEP((void *)(long)posix_memalign(&block, 64, huge));
}

static void use(const char *path, void *(*allocate)(size_t), size_t size, size_t held)
{
	for (int i = 0; i < BLOCKS; i++) {
		void *block = allocate(size);

		if (i % 2)
			free(block);
	}
	hold(path, (long)held * BLOCKS / 2, BLOCKS / 2);
}

int main(void)
{
	begin();
	use("main;use;by_malloc", by_malloc, 100, 100);
	use("main;use;by_calloc", by_calloc, 100, 300);
	use("main;use;by_realloc", by_realloc, 101, 101);
	use("main;use;by_reallocarray", by_reallocarray, 77, 385);
	use("main;use;by_aligned_alloc", by_aligned_alloc, 3, 192);
	use("main;use;by_memalign", by_memalign, 1000, 1000);
	use("main;use;by_valloc", by_valloc, 50, 50);
#ifndef NO_PVALLOC
	use("main;use;by_pvalloc", by_pvalloc, 51, 51);
#endif
	use("main;use;by_posix_memalign", by_posix_memalign, 333, 333);
	use("main;use;by_small_posix_memalign", by_small_posix_memalign, 44, 44);
	by_failing();
	end();
}
