/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code that goes on elsewhere, on a stack of its own, and does not tell: what lies where its caller would be is data, another word each
 * time. With the argument "interpreter" the data are addresses of memory that is not code.
 */
#include "ledger.h"
#include <string.h>
#include <sys/mman.h>

SITE void leak(void)
{
	KEEP(malloc(10));
}

/* Its caller is called on the stack that it is given, with nothing that says where it came from. */
void run_on(void *stack, void (*function)(void));
__asm__(".text\n"
	".type run_on, @function\n"
	"run_on:\n"
	"	pushq %rbx\n"
	"	pushq %rbp\n"
	"	movq %rsp, %rbx\n"
	"	movq %rdi, %rbp\n"
	"	movq %rdi, %rsp\n"
	"	call *%rsi\n"
	"	movq %rbx, %rsp\n"
	"	popq %rbp\n"
	"	popq %rbx\n"
	"	ret\n"
	".size run_on, . - run_on\n");

int main(int argc, char **argv)
{
	enum { STACK = 65536, TIMES = 200 };
	int is_interpreter = argc > 1 && !strcmp(argv[1], "interpreter");
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long *top = (unsigned long *)(stack + STACK) - 16;

	begin();
	for (unsigned long i = 0; i < TIMES; i++) {
		for (int word = 0; word < 16; word++)
			top[word] = is_interpreter ? (unsigned long)(stack + 64 * i + word * 8) : 0x600000000 + i * 0x1001 + word;
		run_on(top, leak);
	}
	hold("leak", 10 * TIMES, TIMES);
	end();
}
