/* SPDX-License-Identifier: BSD-3-Clause */
/* An allocator that leaves by a jump into malloc: two functions, one return address, one allocation. */
#include "ledger.h"

__attribute__((naked, noinline)) void *jump_alloc(size_t size)
{
	(void)size;
	__asm__("jmp malloc@PLT");
}

__attribute__((naked, noinline)) void jump_free(void *block)
{
	(void)block;
	__asm__("jmp free@PLT");
}

SITE void *use_jump(size_t size) { return jump_alloc(size); }

int main(void)
{
	begin();
	for (int i = 0; i < 300; i++) {
		void *block = use_jump(64);

		if (i % 3)
			jump_free(block);
	}
	hold("main;use_jump", 100 * 64, 100);
	end();
}
