/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of the program's own that have the names of allocator functions, as a program may: none of them is ISO C's. */
#undef _GNU_SOURCE
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <unistd.h>
typedef __SIZE_TYPE__ size_t;
void *malloc(size_t);
void free(void *);
void abort(void);
#define NULL ((void *)0)
#define _STDLIB_H 1
#include "ledger.h"

struct owner { int values; char *text; };

static struct owner shared;

/* The first argument is a pointer. */
SITE double *valloc(struct owner *owner, int values)
{
	owner->values += values;
	return malloc(values * sizeof(double));
}

/* The block lives on. */
SITE void cfree(struct owner *owner)
{
	free(owner->text);
	owner->text = NULL;
}

int main(void)
{
	struct owner *owner;

	begin();
	for (int i = 0; i < 10; i++)
		KEEP(valloc(&shared, 100));
	hold("main;valloc", 8000, 10);
	owner = malloc(sizeof(*owner));
	owner->text = malloc(50);
	cfree(owner);
	hold("main", sizeof(*owner), 1);
	end();
}
