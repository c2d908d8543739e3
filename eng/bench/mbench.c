/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tracing costs the traced: THREADS threads replace blocks of 64 bytes, DEPTH calls deep, LIVE blocks in all.
 * Prints the CPU nanoseconds of a malloc and a free, the mean over the threads, for every ROUND milliseconds, and how many
 * there were so far. CPU time and not time on the clock: other programs may run.
 * Arguments: threads depth live round.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 100, MAX_THREADS = 64 };

struct worker {
	_Atomic long pairs;
	char padding[120];
	void **blocks;
	long live;
};

static struct worker workers[MAX_THREADS];
static int depth;

__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls"))) static void descend(int levels, struct worker *worker, long at)
{
	if (levels > 0) {
		descend(levels - 1, worker, at);
		__asm__ volatile("");
		return;
	}
	for (int i = 0; i < BATCH; i++) {
		void **block = &worker->blocks[(at + i) % worker->live];

		free(*block);
		*block = malloc(64);
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (long at = 0;; at += BATCH) {
		descend(depth, worker, at);
		atomic_fetch_add_explicit(&worker->pairs, BATCH, memory_order_relaxed);
	}
	return NULL;
}

static double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	long live = argc > 3 ? atol(argv[3]) : 1000;
	int round = argc > 4 ? atoi(argv[4]) : 200;
	long before = 0;

	/* main, work and descend are two frames more or less than asked for; malloc's caller is the first. */
	depth = (argc > 2 ? atoi(argv[2]) : 2) - 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < threads; i++) {
		pthread_t id;

		workers[i].live = live / threads;
		workers[i].blocks = calloc((size_t)workers[i].live, sizeof(void *));
		pthread_create(&id, NULL, work, &workers[i]);
	}
	for (double start = cpu_time();;) {
		long pairs = 0;
		double end;

		usleep((useconds_t)round * 1000);
		end = cpu_time();
		for (int i = 0; i < threads; i++)
			pairs += workers[i].pairs;
		/* A busy machine may have given the workers no time at all. */
		if (pairs > before)
			printf("%.1f %ld\n", (end - start) / (double)(pairs - before), pairs);
		before = pairs;
		start = end;
	}
}
