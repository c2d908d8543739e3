/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that moves its own code to anonymous memory at the same addresses, as servers do to have it on huge pages: before it says
 * that it is ready, or with the argument "late" when it works.
 */
#include "ledger.h"
#include <string.h>
#include <sys/mman.h>

/* Where the mapping is that has a function's code. */
static void find_code(unsigned long *start, unsigned long *end)
{
	static char line[1024];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), maps)) {
		sscanf(line, "%lx-%lx", start, end);
		if ((unsigned long)find_code >= *start && (unsigned long)find_code < *end)
			break;
	}
	fclose(maps);
}

SITE static void move(void)
{
	unsigned long start, end;
	char *copy;

	find_code(&start, &end);
	copy = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(copy, (void *)start, end - start);
	mprotect(copy, end - start, PROT_READ | PROT_EXEC);
	if (mremap(copy, end - start, end - start, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED)
		_exit(1);
}

SITE static void leaf(size_t size)
{
	KEEP(malloc(size));
}

SITE static void middle(size_t size)
{
	char room[200];

	KEEP(room);
	leaf(size * 10);
	KEEP(room);
}

SITE static void outer(size_t size)
{
	char room[100];

	KEEP(room);
	for (int i = 0; i < 5; i++)
		middle(size);
	KEEP(room);
}

int main(int argc, char **argv)
{
	int is_late = argc > 1 && !strcmp(argv[1], "late");

	if (!is_late)
		move();
	begin();
	if (is_late)
		move();
	outer(100);
	hold("main;outer;middle;leaf", 5000, 5);
	end();
}
