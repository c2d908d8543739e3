/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks on one thread, whose allocator waits by switching to the other one. Run with -m pool_take -f pool_give. */
#include "ledger.h"
#include <ucontext.h>

enum { ROUNDS = 400 };

static ucontext_t start, fibers[2];
static char stacks[2][1 << 16];
static volatile int current, taken;

SITE void *pool_take(size_t size)
{
	void *block = malloc(size);
	int own = current;

	taken++;
	current = !own;
	swapcontext(&fibers[own], &fibers[!own]);
	return block;
}

SITE void pool_give(void *block)
{
	free(block);
}

SITE void work(void)
{
	for (int i = 0;; i++) {
		void *block = pool_take(100);

		if (i % 2)
			pool_give(block);
		if (taken > ROUNDS)
			setcontext(&start);
	}
}

int main(void)
{
	volatile int is_over = 0;

	begin();
	for (int i = 0; i < 2; i++) {
		getcontext(&fibers[i]);
		fibers[i].uc_stack.ss_sp = stacks[i];
		fibers[i].uc_stack.ss_size = sizeof(stacks[i]);
		makecontext(&fibers[i], work, 0);
	}
	getcontext(&start);
	if (!is_over) {
		is_over = 1;
		setcontext(&fibers[0]);
	}
	/* Each fiber takes in turn, and is in one more when the last is over: 401 taken, 400 returned, every second of a fiber's given back. */
	hold("work", 100 * 100 + 100 * 100, 200);
	end();
}
