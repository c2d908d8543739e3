/* SPDX-License-Identifier: BSD-3-Clause */
/* The library that mapper.c loads. */
#include <stdlib.h>

__attribute__((noinline)) static void *volatile_keep(int bytes)
{
	void *volatile block = malloc(bytes);

	return block;
}

void leak_from_library(int bytes)
{
	void *volatile kept = volatile_keep(bytes);

	(void)kept;
}
