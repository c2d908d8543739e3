/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of every shape, between main and an allocation. The paths that it says name its own functions only: what lies
 * between them (the C library, signal frames, procedure linkage tables) is for others to name.
 */
#include "ledger.h"
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <ucontext.h>
#endif

#define NO_CLONE __attribute__((noinline, noclone))

/* ---- frames of sizes that the compiler does not know ---- */

SITE static void in_variable_array(int length)
{
	volatile char text[length];

	memset((char *)text, 1, (size_t)length);
	KEEP(malloc(100));
}

SITE static void in_alloca(size_t size)
{
	char *text = alloca(size);

	memset(text, 1, size);
	in_variable_array((int)size * 3);
}

SITE static void in_aligned(void)
{
	/* The stack is aligned anew: the frame is found by what the prologue has saved. */
	volatile char wide[100] __attribute__((aligned(64)));

	memset((char *)wide, 1, sizeof(wide));
	in_alloca(300);
}

SITE static void in_huge(void)
{
	volatile char text[200000];

	text[0] = text[sizeof(text) - 1] = 1;
	in_aligned();
	KEEP(text);
}

/* Every register that a callee must save is in use, the frame pointer's as well. */
SITE static long in_registers(long a, long b, long c, long d, long e, long f)
{
	long g = a * b, h = c * d, i = e * f, j = a ^ d;

	for (long n = 0; n < 3; n++) {
		KEEP(malloc(10));
		a += b; b += c; c += d; d += e; e += f; f += g; g += h; h += i; i += j; j += a;
	}
	return a + b + c + d + e + f + g + h + i + j;
}

/* ---- jumps in place of calls ---- */

SITE static void *tail_last(size_t size)
{
	return malloc(size);
}

NO_CLONE static void *tail_first(size_t size)
{
	return tail_last(size * 2);
}

SITE static void call_tail(void)
{
	KEEP(tail_first(20));
}

/* ---- other people's frames between: musl's have no unwind tables ---- */

#ifdef __GLIBC__
SITE static int compare(const void *left, const void *right)
{
	KEEP(malloc(7));
	return *(const int *)left - *(const int *)right;
}

SITE static void sort_two(void)
{
	int numbers[2] = {2, 1};

	qsort(numbers, 2, sizeof(numbers[0]), compare);
}
#endif

/* ---- signals ---- */

static volatile int handled;

SITE static void handle_signal(int signal)
{
	(void)signal;
	KEEP(malloc(50));
	handled = 1;
}

SITE static void wait_for_signal(int leave_stack)
{
	static char other_stack[65536];
	stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
	struct sigaction action = {.sa_handler = handle_signal, .sa_flags = leave_stack ? SA_ONSTACK : 0};

	sigaltstack(&stack, NULL);
	sigaction(SIGALRM, &action, NULL);
	handled = 0;
	ualarm(1000, 0);
	while (!handled)
		;
}

SITE static void on_own_stack(void)
{
	wait_for_signal(0);
}

SITE static void on_other_stack(void)
{
	wait_for_signal(1);
}

/* ---- signals at every instruction of a procedure linkage table and of a library's function ---- */

#if defined(__x86_64__) && defined(__GLIBC__)
extern char etext;
int main(int argc, char **argv);
void _start(void);
static volatile long steps;

/* The table lies before the program's own code. */
static int is_own_code(uintptr_t address)
{
	uintptr_t start = (uintptr_t)_start < (uintptr_t)main ? (uintptr_t)_start : (uintptr_t)main;

	return address >= start && address < (uintptr_t)&etext;
}

/* Its code that binds the table's entries finds its caller by a register that no other code uses for that: lost, and told. */
static int is_loader(uintptr_t address)
{
	return address - getauxval(AT_BASE) < 1 << 18;
}

SITE static void handle_step(int signal, siginfo_t *info, void *context)
{
	enum { TRAP_FLAG = 0x100 };
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	if (is_own_code((uintptr_t)registers[REG_RIP])) {
		if (steps)
			registers[REG_EFL] &= ~TRAP_FLAG;
	} else if (!is_loader((uintptr_t)registers[REG_RIP])) {
		KEEP(malloc(11));
		steps++;
	}
}

SITE static void step_through_call(void)
{
	struct sigaction action = {.sa_sigaction = handle_step, .sa_flags = SA_SIGINFO};

	sigaction(SIGTRAP, &action, NULL);
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
	getppid();
	__asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
}
#endif

/* ---- a stack of one's own ---- */

#ifdef __GLIBC__
static ucontext_t home, routine;

SITE static void in_routine(void)
{
	KEEP(malloc(60));
}

SITE static void run_routine(void)
{
	in_routine();
	swapcontext(&routine, &home);
}

SITE static void enter_routine(void)
{
	static char stack[65536];

	getcontext(&routine);
	routine.uc_stack.ss_sp = stack;
	routine.uc_stack.ss_size = sizeof(stack);
	makecontext(&routine, run_routine, 0);
	swapcontext(&home, &routine);
}
#endif

/* ---- far down ---- */

SITE static void go_down(int levels)
{
	if (levels > 0)
		go_down(levels - 1);
	else
		KEEP(malloc(30));
	__asm__ volatile("");
}

/* Deeper than a stack may be. */
static void too_deep(void)
{
	begin();
	go_down(300);
	dprintf(1, "hold go_down");
	for (int i = 1; i < 127; i++)
		dprintf(1, ";go_down");
	dprintf(1, " 30 1\n");
	end();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "too-deep"))
		too_deep();
	begin();
	in_huge();
	hold("main;in_huge;in_aligned;in_alloca;in_variable_array", 100, 1);
	in_registers(1, 2, 3, 4, 5, 6);
	hold("main;in_registers", 30, 3);
	call_tail();
	hold("main;call_tail;tail_last", 40, 1);
	on_own_stack();
	hold("main;on_own_stack;wait_for_signal;handle_signal", 50, 1);
	on_other_stack();
	hold("main;on_other_stack;wait_for_signal;handle_signal", 50, 1);
#if defined(__x86_64__) && defined(__GLIBC__)
	step_through_call();
	if (steps)
		hold("main;step_through_call;handle_step", 11 * steps, steps);
#endif
#ifdef __GLIBC__
	sort_two();
	hold("main;sort_two;compare", 7, 1);
	enter_routine();
	hold("run_routine;in_routine", 60, 1);
#endif
	go_down(100);
	dprintf(1, "hold main");
	for (int i = 0; i <= 100; i++)
		dprintf(1, ";go_down");
	dprintf(1, " 30 1\n");
	end();
}
