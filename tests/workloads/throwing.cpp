/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocations that fail by an exception, which the program expects. Without an argument it is operator new that throws; with "pools"
 * functions of its own do, through each other: run with -m inner_take -m middle_take -m outer_take -f give.
 */
#include <new>
#include <stdexcept>
#include <vector>
extern "C" {
#include "ledger.h"
}
#include <string.h>

static volatile unsigned long too_much = 1UL << 62;

extern "C" SITE char *fine(void) { return new char[100]; }

SITE int fails(void)
{
	try {
		KEEP(new char[too_much]);
	} catch (const std::bad_alloc &) {
		return 1;
	}
	return 0;
}

SITE int reserve_fails(void)
{
	std::vector<char> all;

	try {
		all.reserve(too_much);
	} catch (const std::bad_alloc &) {
		return 1;
	}
	return 0;
}

static int calls;

extern "C" {
SITE void *inner_take(size_t size)
{
	if (++calls % 5 == 0)
		throw std::runtime_error("the pool is empty");
	return malloc(size);
}

SITE void *middle_take(size_t size)
{
	void *block = inner_take(size);

	KEEP(block);
	return block;
}

SITE void *outer_take(size_t size)
{
	void *block = middle_take(size);

	KEEP(block);
	return block;
}

SITE void give(void *block) { free(block); }
}

extern "C" SITE void *take(void)
{
	try {
		return outer_take(100);
	} catch (const std::runtime_error &) {
		return NULL;
	}
}

int main(int argc, char **argv)
{
	int has_pools = argc > 1 && !strcmp(argv[1], "pools");

	/* What the C++ library needs to throw for the first time. */
	if (!fails() || !reserve_fails())
		abort();
	begin();
	for (int i = 0; i < 100 && !has_pools; i++) {
		char *block = fine();

		if (!fails() || !reserve_fails())
			abort();
		if (i % 2)
			delete[] block;
	}
	if (!has_pools)
		hold("main;fine", 50 * 100, 50);
	for (int i = 0; i < 50 && has_pools; i++) {
		void *block = take();

		if (!block != (i % 5 == 4))
			abort();
		if (block && i % 2)
			give(block);
	}
	/* Of 40 blocks, 20 are kept. */
	if (has_pools)
		hold("main;take", 20 * 100, 20);
	end();
}
