/* SPDX-License-Identifier: BSD-3-Clause */
/* A library that brings an allocator of its own and uses it from its constructor on; see plugins.c. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>

#define OWN __attribute__((noinline, noipa))

static char *next;

OWN void *plugin_malloc(size_t size)
{
	void *block = next;

	next += (size + 15) / 16 * 16;
	return block;
}

OWN void plugin_free(void *block)
{
	*(char *)block = 0;
}

OWN void *plugin_work(size_t size)
{
	void *block = plugin_malloc(size);

	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

__attribute__((constructor)) OWN void plugin_begin(void)
{
	/* Stays mapped when the library is unloaded: what it has given is still held. */
	next = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 10; i++) {
		void *block = plugin_work(100);

		if (i % 2)
			plugin_free(block);
	}
}
