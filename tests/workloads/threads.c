/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * THREADS threads do OPERATIONS operations each on one shared table: a slot is taken, and its block released, resized
 * or replaced, often by another thread than the one that allocated it. One more thread ends before the others start.
 * Arguments: threads, operations; 0 operations: work until killed.
 */
#include "ledger.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { SLOTS = 4096, SITES = 4 };

struct block {
	size_t size;
	int site;
};

static _Atomic(struct block *) table[SLOTS];
static long operations;

/* A block knows its size and site: they are its first bytes. */
SITE struct block *thread_malloc(size_t size) { return malloc(size); }
SITE struct block *thread_calloc(size_t size) { return calloc(1, size); }
SITE struct block *thread_memalign(size_t size) { return aligned_alloc(64, size); }
SITE struct block *thread_realloc(struct block *old, size_t size) { return realloc(old, size); }

static const char *const paths[SITES] = {
	"work;step;thread_malloc", "work;step;thread_calloc", "work;step;thread_memalign", "work;step;thread_realloc",
};

SITE void step(uint64_t random)
{
	_Atomic(struct block *) *slot = &table[random % SLOTS];
	size_t size = 64 + 64 * ((random >> 16) % 40);
	int site = (int)((random >> 32) % 8);
	struct block *block = atomic_exchange(slot, NULL);

	if (site < 3) {
		free(block);
		block = site == 0 ? thread_malloc(size) : site == 1 ? thread_calloc(size) : thread_memalign(size);
	} else if (site == 3) {
		block = thread_realloc(block, size);
	} else {
		free(block);
		return;
	}
	block->size = size;
	block->site = site;
	/* Another thread may have filled the slot meanwhile: what it put there is released. */
	free(atomic_exchange(slot, block));
}

static void *work(void *seed)
{
	uint64_t random = (uintptr_t)seed * 0x9e3779b97f4a7c15u;

	for (long i = 0; operations == 0 || i < operations; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		step(random);
	}
	return NULL;
}

static void *end_at_once(void *argument)
{
	return argument;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 8;
	pthread_t ids[64];
	long bytes[SITES] = {0}, count[SITES] = {0};

	operations = argc > 2 ? atol(argv[2]) : 200000;
	begin();
	pthread_create(&ids[0], NULL, end_at_once, NULL);
	pthread_join(ids[0], NULL);
	for (long i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	for (int i = 0; i < SLOTS; i++) {
		struct block *block = table[i];

		if (!block)
			continue;
		bytes[block->site] += (long)block->size;
		count[block->site]++;
	}
	for (int i = 0; i < SITES; i++)
		hold(paths[i], bytes[i], count[i]);
	end();
}
