/* SPDX-License-Identifier: BSD-3-Clause */
/* What jemalloc and mimalloc offer beyond the standard, found in whatever library is loaded: "jemalloc" or "mimalloc". */
#include "ledger.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#define FUNCTION(result, name, ...) static result (*name)(__VA_ARGS__)

FUNCTION(void *, mallocx, size_t, int);
FUNCTION(void *, rallocx, void *, size_t, int);
FUNCTION(size_t, xallocx, void *, size_t, size_t, int);
FUNCTION(void, dallocx, void *, int);
FUNCTION(void, sdallocx, void *, size_t, int);

FUNCTION(void *, mi_zalloc, size_t);
FUNCTION(void *, mi_mallocn, size_t, size_t);
FUNCTION(void *, mi_malloc_aligned, size_t, size_t);
FUNCTION(void *, mi_recalloc, void *, size_t, size_t);
FUNCTION(void *, mi_heap_get_default, void);
FUNCTION(void *, mi_heap_malloc, void *, size_t);
FUNCTION(void *, mi_heap_calloc, void *, size_t, size_t);
FUNCTION(void *, mi_heap_realloc, void *, void *, size_t);
FUNCTION(void, mi_free, void *);
FUNCTION(void, mi_free_size, void *, size_t);

#define FIND(name) (name = (__typeof__(name))dlsym(RTLD_DEFAULT, #name))

SITE void *extended(size_t size) { return mallocx(size, 0); }
SITE void *moved(void *block, size_t size) { return rallocx(block, size, 0); }

SITE void use_jemalloc(void)
{
	long resized = 0;

	for (int i = 0; i < 30; i++) {
		void *block = extended(100);

		if (i % 3 == 1)
			dallocx(block, 0);
		if (i % 3 == 2)
			sdallocx(block, 100, 0);
	}
	hold("main;use_jemalloc;extended", 1000, 10);
	for (int i = 0; i < 10; i++)
		KEEP(moved(mallocx(50, 0), 5000));
	hold("main;use_jemalloc;moved", 50000, 10);

	/* 97 to 112 bytes are one size class: a smaller request is always met in place, one of the next class never. */
	for (int i = 0; i < 10; i++) {
		void *block = mallocx(100, 0);

		resized += xallocx(block, i % 2 ? 110 : 120, 0, 0) >= (i % 2 ? 110 : 120) ? 110 : 100;
	}
	hold("main;use_jemalloc", resized, 10);
}

SITE void *zeroed(size_t size) { return mi_zalloc(size); }
SITE void *many(size_t count, size_t size) { return mi_mallocn(count, size); }
SITE void *aligned(size_t size) { return mi_malloc_aligned(size, 256); }
SITE void *again(void *block) { return mi_recalloc(block, 7, 1000); }
SITE void *in_heap(size_t size) { return mi_heap_malloc(mi_heap_get_default(), size); }
SITE void *zeroed_in_heap(size_t count, size_t size) { return mi_heap_calloc(mi_heap_get_default(), count, size); }
SITE void *moved_in_heap(void *block) { return mi_heap_realloc(mi_heap_get_default(), block, 3333); }

SITE void use_mimalloc(void)
{
	for (int i = 0; i < 20; i++) {
		void *block = zeroed(100);

		if (i % 2)
			mi_free(block);
	}
	hold("main;use_mimalloc;zeroed", 1000, 10);
	for (int i = 0; i < 20; i++) {
		void *block = many(3, 100);

		if (i % 2)
			mi_free_size(block, 300);
	}
	hold("main;use_mimalloc;many", 3000, 10);
	for (int i = 0; i < 10; i++) {
		KEEP(aligned(77));
		KEEP(again(in_heap(10)));
		KEEP(zeroed_in_heap(5, 11));
		KEEP(moved_in_heap(in_heap(10)));
	}
	hold("main;use_mimalloc;aligned", 770, 10);
	hold("main;use_mimalloc;again", 70000, 10);
	hold("main;use_mimalloc;zeroed_in_heap", 550, 10);
	hold("main;use_mimalloc;moved_in_heap", 33330, 10);
}

int main(int argc, char **argv)
{
	bool is_jemalloc = argc > 1 && !strcmp(argv[1], "jemalloc");

	if (is_jemalloc && !(FIND(mallocx) && FIND(rallocx) && FIND(xallocx) && FIND(dallocx) && FIND(sdallocx)))
		return 1;
	if (!is_jemalloc && !(FIND(mi_zalloc) && FIND(mi_mallocn) && FIND(mi_malloc_aligned) && FIND(mi_recalloc)
		&& FIND(mi_heap_get_default) && FIND(mi_heap_malloc) && FIND(mi_heap_calloc) && FIND(mi_heap_realloc)
		&& FIND(mi_free) && FIND(mi_free_size)))
		return 1;
	begin();
	if (is_jemalloc)
		use_jemalloc();
	else
		use_mimalloc();
	end();
}
