/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of the program that the C library calls: their callers are beyond its frames. */
#include "ledger.h"
#include <pthread.h>
#include <search.h>

enum { COUNT = 200 };

static int numbers[COUNT];
static long compared, matched, visited;

SITE static int compare(const void *left, const void *right)
{
	KEEP(malloc(7));
	compared++;
	return *(const int *)left - *(const int *)right;
}

SITE static void sort_numbers(void)
{
	/* In no order, so that all of the algorithm is used. */
	for (int i = 0; i < COUNT; i++)
		numbers[i] = i * 7919 % 1009;
	qsort(numbers, COUNT, sizeof(numbers[0]), compare);
	hold("main;sort_numbers;compare", 7 * compared, compared);
}

SITE static int match(const void *left, const void *right)
{
	KEEP(malloc(9));
	matched++;
	return *(const int *)left - *(const int *)right;
}

SITE static void search_numbers(void)
{
	int wanted = 1;

	KEEP(bsearch(&wanted, numbers, COUNT, sizeof(numbers[0]), match));
	hold("main;search_numbers;match", 9 * matched, matched);
}

SITE static void visit(const void *node, VISIT order, int depth)
{
	(void)node;
	(void)order;
	(void)depth;
	KEEP(malloc(11));
	visited++;
}

static int order_of(const void *left, const void *right)
{
	return (left > right) - (left < right);
}

SITE static void walk_tree(void)
{
	void *tree = NULL;

	for (long i = 0; i < 20; i++)
		tsearch((void *)(i * 7 % 20 + 1), &tree, order_of);
	twalk(tree, visit);
	hold("main;walk_tree;visit", 11 * visited, visited);
}

SITE static void in_thread(void)
{
	KEEP(malloc(13));
}

SITE static void *work(void *unused)
{
	in_thread();
	return unused;
}

int main(void)
{
	pthread_t thread;

	begin();
	sort_numbers();
	search_numbers();
	walk_tree();
	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
	hold("work;in_thread", 13, 1);
	end();
}
