/* SPDX-License-Identifier: BSD-3-Clause */
/* mmap, munmap and mremap by parts, on fixed places, and failing. */
#include "ledger.h"
#include <string.h>
#include <sys/mman.h>

#define PAGE sysconf(_SC_PAGESIZE)

SITE char *map(size_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

SITE char *map_over(void *place, size_t length)
{
	return mmap(place, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

SITE char *map_cut(size_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

SITE char *map_spanned(size_t length)
{
	return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

SITE char *move(void *old, size_t old_length, size_t length)
{
	return mremap(old, old_length, length, MREMAP_MAYMOVE);
}

SITE void fail(void *mapped)
{
	if (mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		abort();
	if (mmap(NULL, 12345, PROT_READ, MAP_PRIVATE, -1, 0) != MAP_FAILED)
		abort();
	if (!munmap((char *)mapped + 1, PAGE))
		abort();
	if (mremap(mapped, PAGE, (size_t)1 << 62, MREMAP_MAYMOVE) != MAP_FAILED)
		abort();
}

int main(void)
{
	char *place;

	begin();

	/* Asked for in bytes, released in pages. */
	for (int i = 0; i < 10; i++) {
		place = map(10000);
		if (i % 2)
			munmap(place, 10000);
		else
			fail(place);
	}
	hold("main;map", 5 * 10000, 5);

	/* The head, the tail, and the middle of a mapping; the last one stays one mapping in two pieces. */
	munmap(map_cut(8 * PAGE), 3 * PAGE);
	munmap(map_cut(8 * PAGE) + 3 * PAGE, 5 * PAGE);
	munmap(map_cut(8 * PAGE) + 2 * PAGE, PAGE);
	hold("main;map_cut", (5 + 3 + 7) * PAGE, 3);

	/* One munmap over the end of one mapping, a whole one, and the start of a third. */
	place = map_spanned(30 * PAGE);
	map_over(place + 10 * PAGE, 10 * PAGE);
	munmap(place + 5 * PAGE, 20 * PAGE);
	hold("main;map_spanned", 10 * PAGE, 1);

	/* A fixed mapping replaces a part of another. */
	place = map_cut(6 * PAGE);
	map_over(place + 2 * PAGE, 3 * PAGE);
	hold("main;map_over", 3 * PAGE, 1);
	hold("main;map_cut", 3 * PAGE, 1);

	/* Grows, moves, shrinks; a part of a mapping is moved away. */
	place = move(map(4 * PAGE), 4 * PAGE, 64 * PAGE);
	place = move(place, 64 * PAGE, 7 * PAGE);
	move(place, 2 * PAGE, 9 * PAGE);
	hold("main;move", 9 * PAGE + 5 * PAGE, 2);
	end();
}
