/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocators of a program's own, whose arguments are wherever they like: -m pool_alloc:size=2 -f pool_free:ptr=2
 * -m matrix_new:count=1,size=2 -m get_buffer:out=1 -m node_new:size=0 -m pool_grow:ptr=2,size=3 -f put_away. They live in static memory: no
 * other allocator sees them.
 */
#include "ledger.h"
#include <string.h>

struct pool {
	char *next;
};

static char memory[1 << 20] __attribute__((aligned(16)));
static struct pool pool = { memory };

#define OWN static __attribute__((noinline, noipa))

OWN void *pool_alloc(struct pool *from, size_t size)
{
	void *block = from->next;

	from->next += (size + 15) / 16 * 16;
	return block;
}

OWN void pool_free(struct pool *from, void *block)
{
	if (block == from->next)
		from->next = block;
}

OWN void *pool_grow(struct pool *from, void *block, size_t size)
{
	void *larger = from->next;

	from->next += (size + 15) / 16 * 16;
	memcpy(larger, block, 1);
	return larger;
}

OWN void *matrix_new(size_t rows, size_t columns)
{
	void *block = pool.next;

	pool.next += (rows * columns + 15) / 16 * 16;
	return block;
}

/* Gives 0 when it could. */
OWN int get_buffer(void **buffer, size_t size)
{
	if (size > sizeof(memory))
		return -1;
	*buffer = pool.next;
	pool.next += (size + 15) / 16 * 16;
	return 0;
}

OWN void *node_new(void)
{
	void *block = pool.next;

	pool.next += 48;
	return block;
}

OWN void put_away(void *block)
{
	*(char *)block = 0;
}

SITE void *from_pool(size_t size) { return pool_alloc(&pool, size); }
SITE void *matrix(size_t rows, size_t columns) { return matrix_new(rows, columns); }
SITE void *node(void) { return node_new(); }
SITE void *grown(void *block, size_t size) { return pool_grow(&pool, block, size); }

SITE void *buffer(size_t size)
{
	void *block = NULL;

	return get_buffer(&block, size) ? NULL : block;
}

int main(void)
{
	begin();
	for (int i = 0; i < 30; i++) {
		void *block = from_pool(100);

		if (i % 3)
			pool_free(&pool, block);
	}
	hold("main;from_pool", 1000, 10);
	for (int i = 0; i < 10; i++)
		KEEP(matrix(7, 11));
	hold("main;matrix", 770, 10);
	for (int i = 0; i < 10; i++) {
		KEEP(buffer(33));
		KEEP(buffer(1 << 30));
	}
	hold("main;buffer", 330, 10);
	for (int i = 0; i < 10; i++) {
		void *block = node();

		if (i % 2)
			put_away(block);
	}
	hold("main;node", 0, 5);
	for (int i = 0; i < 4; i++)
		KEEP(grown(from_pool(10), 500));
	hold("main;grown", 2000, 4);
	end();
}
