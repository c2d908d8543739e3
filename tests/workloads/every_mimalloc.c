/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls every function by which mimalloc gives or takes a block (mimalloc.h, and what it exports beside), found in the library
 * that is loaded before others. Of each, one block is kept and one is released. No two ask for the same size.
 */
#include "ledger.h"
#include <dlfcn.h>

static long bytes, count;

static void *find(const char *name)
{
	void *function = dlsym(RTLD_DEFAULT, name);

	if (!function) {
		dprintf(2, "no %s\n", name);
		_exit(1);
	}
	return function;
}

#define CALL(name, ...) ((void *(*)())find(#name))(__VA_ARGS__)

static void release(void *block)
{
	static int turn;

	switch (turn++ % 8) {
	case 0: CALL(mi_free, block); break;
	case 1: CALL(mi_free_size, block, 1UL); break;
	case 2: CALL(mi_free_aligned, block, 8UL); break;
	case 3: CALL(mi_free_size_aligned, block, 1UL, 8UL); break;
	case 4: CALL(mi_cfree, block); break;
	case 5: CALL(cfree, block); break;
	case 6: CALL(vfree, block); break;
	case 7: CALL(__libc_free, block); break;
	}
}

static void keep(void *block, long size)
{
	if (!block)
		_exit(1);
	KEEP(block);
	bytes += size;
	count++;
}

#define EACH(size, name, ...) do { \
	keep(CALL(name, __VA_ARGS__), size); \
	release(CALL(name, __VA_ARGS__)); \
} while (0)

/* The block is where the first argument points. */
#define EACH_OUT(size, name, start, ...) do { \
	void *kept = start, *released = start; \
	CALL(name, &kept, __VA_ARGS__); \
	CALL(name, &released, __VA_ARGS__); \
	keep(kept, size); \
	release(released); \
} while (0)

#define OLD malloc(40)

SITE static void give(void)
{
	EACH(101, mi_malloc, 101UL);
	EACH(3 * 103, mi_calloc, 3UL, 103UL);
	EACH(107, mi_zalloc, 107UL);
	EACH(109, mi_malloc_small, 109UL);
	EACH(113, mi_zalloc_small, 113UL);
	EACH(3 * 127, mi_mallocn, 3UL, 127UL);
	EACH(131, mi_malloc_aligned, 131UL, 64UL);
	EACH(137, mi_malloc_aligned_at, 137UL, 64UL, 8UL);
	EACH(139, mi_zalloc_aligned, 139UL, 64UL);
	EACH(149, mi_zalloc_aligned_at, 149UL, 64UL, 8UL);
	EACH(3 * 151, mi_calloc_aligned, 3UL, 151UL, 64UL);
	EACH(3 * 157, mi_calloc_aligned_at, 3UL, 157UL, 64UL, 8UL);
	EACH(163, mi_memalign, 64UL, 163UL);
	EACH(192, mi_aligned_alloc, 64UL, 192UL);
	EACH(256, _aligned_malloc, 64UL, 256UL);
	EACH(167, mi_valloc, 167UL);
	EACH(173, mi_pvalloc, 173UL);
	EACH(179, mi_new, 179UL);
	EACH(181, mi_new_nothrow, 181UL);
	EACH(191, mi_new_aligned, 191UL, 64UL);
	EACH(193, mi_new_aligned_nothrow, 193UL, 64UL);
	EACH(3 * 197, mi_new_n, 3UL, 197UL);
	EACH(199, __libc_malloc, 199UL);
	EACH(211, __libc_memalign, 64UL, 211UL);
	EACH_OUT(223, mi_posix_memalign, NULL, 64UL, 223UL);
	EACH_OUT(227, __posix_memalign, NULL, 64UL, 227UL);
}

SITE static void give_from_heap(void)
{
	void *heap = CALL(mi_heap_get_default);

	EACH(229, mi_heap_malloc, heap, 229UL);
	EACH(233, mi_heap_zalloc, heap, 233UL);
	EACH(3 * 239, mi_heap_calloc, heap, 3UL, 239UL);
	EACH(3 * 241, mi_heap_mallocn, heap, 3UL, 241UL);
	EACH(251, mi_heap_malloc_small, heap, 251UL);
	EACH(257, mi_heap_malloc_aligned, heap, 257UL, 64UL);
	EACH(263, mi_heap_malloc_aligned_at, heap, 263UL, 64UL, 8UL);
	EACH(269, mi_heap_zalloc_aligned, heap, 269UL, 64UL);
	EACH(271, mi_heap_zalloc_aligned_at, heap, 271UL, 64UL, 8UL);
	EACH(3 * 277, mi_heap_calloc_aligned, heap, 3UL, 277UL, 64UL);
	EACH(3 * 281, mi_heap_calloc_aligned_at, heap, 3UL, 281UL, 64UL, 8UL);
	EACH(283, mi_heap_alloc_new, heap, 283UL);
	EACH(3 * 293, mi_heap_alloc_new_n, heap, 3UL, 293UL);
	EACH(307, mi_heap_realloc, heap, OLD, 307UL);
	EACH(311, mi_heap_reallocf, heap, OLD, 311UL);
	EACH(3 * 313, mi_heap_reallocn, heap, OLD, 3UL, 313UL);
	EACH(317, mi_heap_rezalloc, heap, OLD, 317UL);
	EACH(3 * 331, mi_heap_recalloc, heap, OLD, 3UL, 331UL);
	EACH(337, mi_heap_realloc_aligned, heap, OLD, 337UL, 64UL);
	EACH(347, mi_heap_realloc_aligned_at, heap, OLD, 347UL, 64UL, 8UL);
	EACH(349, mi_heap_rezalloc_aligned, heap, OLD, 349UL, 64UL);
	EACH(353, mi_heap_rezalloc_aligned_at, heap, OLD, 353UL, 64UL, 8UL);
	EACH(3 * 359, mi_heap_recalloc_aligned, heap, OLD, 3UL, 359UL, 64UL);
	EACH(3 * 367, mi_heap_recalloc_aligned_at, heap, OLD, 3UL, 367UL, 64UL, 8UL);
}

SITE static void replace(void)
{
	EACH(373, mi_realloc, OLD, 373UL);
	EACH(379, mi_reallocf, OLD, 379UL);
	EACH(3 * 383, mi_reallocn, OLD, 3UL, 383UL);
	EACH(3 * 389, mi_reallocarray, OLD, 3UL, 389UL);
	EACH(397, mi_rezalloc, OLD, 397UL);
	EACH(3 * 401, mi_recalloc, OLD, 3UL, 401UL);
	EACH(409, mi_realloc_aligned, OLD, 409UL, 64UL);
	EACH(419, mi_realloc_aligned_at, OLD, 419UL, 64UL, 8UL);
	EACH(421, mi_rezalloc_aligned, OLD, 421UL, 64UL);
	EACH(431, mi_rezalloc_aligned_at, OLD, 431UL, 64UL, 8UL);
	EACH(3 * 433, mi_recalloc_aligned, OLD, 3UL, 433UL, 64UL);
	EACH(3 * 439, mi_recalloc_aligned_at, OLD, 3UL, 439UL, 64UL, 8UL);
	EACH(3 * 443, mi_aligned_recalloc, OLD, 3UL, 443UL, 64UL);
	EACH(3 * 449, mi_aligned_offset_recalloc, OLD, 3UL, 449UL, 64UL, 8UL);
	EACH(457, mi_new_realloc, OLD, 457UL);
	EACH(3 * 461, mi_new_reallocn, OLD, 3UL, 461UL);
	/* In place. */
	EACH(37, mi_expand, OLD, 37UL);
	EACH(31, mi__expand, OLD, 31UL);
	EACH(463, reallocf, OLD, 463UL);
	EACH_OUT(3 * 467, mi_reallocarr, OLD, 3UL, 467UL);
	EACH_OUT(3 * 479, reallocarr, OLD, 3UL, 479UL);
}

/* No argument says how large they are: blocks are counted, their bytes are not known. */
SITE static void copy(void)
{
	void *heap = CALL(mi_heap_get_default);
	size_t length;

	EACH(0, mi_strdup, "some text");
	EACH(0, mi_strndup, "some text", 4UL);
	EACH(0, mi_mbsdup, "some text");
	EACH(0, mi_heap_strdup, heap, "some text");
	EACH(0, mi_heap_strndup, heap, "some text", 4UL);
	EACH(0, mi_realpath, "/", NULL);
	EACH(0, mi_heap_realpath, heap, "/", NULL);
	EACH_OUT(0, mi_dupenv_s, NULL, &length, "LD_PRELOAD");
	EACH(2 * 5, mi_wcsdup, u"text");
}

static void say(const char *path)
{
	hold(path, bytes, count);
	bytes = count = 0;
}

int main(void)
{
	begin();
	give();
	say("main;give");
	give_from_heap();
	say("main;give_from_heap");
	replace();
	say("main;replace");
	copy();
	say("main;copy");
	end();
}
