/* SPDX-License-Identifier: BSD-3-Clause */
/* A library whose only function has the name FRUIT: see replaced.c and many_libraries.c. */
#include <stdlib.h>

#define TEXT(name) #name
#define TEXT_OF(name) TEXT(name)

/* Its frame is found by its table alone: nobody keeps a frame pointer. */
__attribute__((noinline)) void *FRUIT(void)
{
	char room[72];
	void *block = malloc(100);

	__asm__ volatile("" : : "r"(room) : "memory");
	return block;
}

void *fruit(void) __attribute__((alias(TEXT_OF(FRUIT))));
const char *name = TEXT_OF(FRUIT);
