/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RUNS runs, each COUNT times a block of each of several sizes, by way of malloc, calloc and realloc; one half is released. A
 * run's blocks have a call path of their own: run n is n calls deeper than run 0. Arguments: RUNS COUNT.
 */
#include "ledger.h"
#include <string.h>

static const size_t sizes[] = {24, 100, 500, 1000, 3000, 20000};

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static long count;

SITE void fill(void)
{
	for (long i = 0; i < count * SIZES; i++) {
		size_t size = sizes[i % SIZES];
		int way = (int)(i / SIZES % 3);
		void *kept, *released = malloc(size);

		if (way == 0)
			kept = malloc(size);
		else if (way == 1)
			kept = calloc(1, size);
		else
			kept = realloc(malloc(size / 2), size);
		KEEP(kept);
		free(released);
	}
}

SITE void deeper(int levels)
{
	if (levels > 0)
		deeper(levels - 1);
	else
		fill();
	KEEP(&levels);
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 50;
	char path[16 * 128] = "main;deeper";
	long bytes = 0;

	count = argc > 2 ? atol(argv[2]) : 200;
	for (int i = 0; i < SIZES; i++)
		bytes += count * (long)sizes[i];
	begin();
	for (int i = 0; i < runs; i++) {
		deeper(i);
		strcpy(path + strlen(path), ";fill");
		hold(path, bytes, count * SIZES);
		strcpy(path + strlen(path) - strlen(";fill"), ";deeper");
	}
	end();
}
