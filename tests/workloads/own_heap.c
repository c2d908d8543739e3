/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap of the program's own, whose functions are called differently from the usual ones. Run with --symbols-prefix own_; "python": with the
 * names and the arguments of CPython's, a context first. It takes a backtrace of its callers, as heap profilers do.
 */
#include "ledger.h"
#include <execinfo.h>
#include <string.h>

static char pool[1 << 20];
static size_t used;
static int depth;

SITE void *cut(size_t size)
{
	void *block = pool + used;

	used += (size + 31) / 16 * 16;
	return block;
}

SITE void *own_malloc(size_t size)
{
	void *frames[32];

	depth = backtrace(frames, 32);
	return cut(size);
}

SITE void own_free(void *block) { KEEP(block); }

/* Takes the old block back even if it fails. */
SITE void *own_reallocf(void *block, size_t size)
{
	KEEP(block);
	return size > sizeof(pool) ? NULL : cut(size);
}

__attribute__((used)) SITE static void *_PyMem_MiMalloc(void *context, size_t size) { KEEP(context); return cut(size); }
__attribute__((used)) SITE static void *_PyMem_MiCalloc(void *context, size_t count, size_t size) { KEEP(context); return cut(count * size); }
__attribute__((used)) SITE static void _PyMem_MiFree(void *context, void *block) { KEEP(context); KEEP(block); }

SITE int caller(void)
{
	KEEP(own_malloc(10));
	return depth;
}

SITE void grow(size_t size)
{
	KEEP(own_reallocf(own_malloc(100), size));
}

SITE void python(void)
{
	void *block = _PyMem_MiMalloc(NULL, 500);

	KEEP(_PyMem_MiCalloc(&pool, 3, 100));
	_PyMem_MiFree(NULL, block);
}

int main(int argc, char **argv)
{
	int before = caller();

	begin();
	if (argc > 1 && !strcmp(argv[1], "python")) {
		for (int i = 0; i < 10; i++)
			python();
		hold("main;python", 10 * 300, 10);
		end();
	}
	dprintf(1, "depth %d, traced %d\n", before, caller());
	hold("main;caller", 10, 1);
	for (int i = 0; i < 5; i++)
		grow((size_t)1 << 62);
	grow(2000);
	hold("main;grow", 2000, 1);
	end();
}
