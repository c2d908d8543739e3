/* SPDX-License-Identifier: BSD-3-Clause */
/* An allocator that leaves by a jump into malloc: two functions, one return address, one allocation. */
#include "ledger.h"

#if defined(__aarch64__)
#define JUMP(name, to) __asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n\tb " #to "\n.size " #name ", . - " #name)
#else
#define JUMP(name, to) __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n\tjmp " #to "@PLT\n.size " #name ", . - " #name)
#endif

JUMP(jump_alloc, malloc);
JUMP(jump_free, free);

void *jump_alloc(size_t size);
void jump_free(void *block);

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
