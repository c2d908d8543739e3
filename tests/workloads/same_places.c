/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Call paths of different lengths that all call malloc with the stack at one place, by the same function: `roomy` makes as much room
 * as the others have left. What tells the paths apart is the frame pointer of `roomy` alone, in the register or saved by the
 * function that it calls, since what the longer paths have left in that room is still there in the shorter ones.
 */
#include "ledger.h"

enum { MOST_MIDDLES = 6, ROUNDS = 50, PATHS = 2 * MOST_MIDDLES, REACH = 4096 };

#ifdef __x86_64__
#define CLOBBER_FRAME_POINTER() __asm__ volatile("" : : : "rbp", "memory")
#else
#define CLOBBER_FRAME_POINTER() __asm__ volatile("" : : : "memory")
#endif

/* Has no use for the frame pointer, and leaves it as it is or saves it. */
__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "omit-frame-pointer"))) void leaving(unsigned path)
{
	KEEP(malloc(path + 1));
}

__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "omit-frame-pointer"))) void saving(unsigned path)
{
	CLOBBER_FRAME_POINTER();
	KEEP(malloc(path + 1));
}

SITE void roomy(unsigned more, const char *lowest, unsigned path)
{
	char *room = __builtin_alloca((const char *)__builtin_frame_address(0) - lowest);

	(void)more;
	KEEP(room);
	if (path % 2)
		saving(path);
	else
		leaving(path);
}

/* One call for both, so that the return addresses are the same. */
SITE void middle(unsigned more, const char *lowest, unsigned path)
{
	void (*next)(unsigned, const char *, unsigned) = more ? middle : roomy;

	__asm__("" : "+r"(next));
	next(more - 1, lowest, path);
}

SITE void top(unsigned path)
{
	middle(path / 2, (const char *)__builtin_frame_address(0) - REACH, path);
}

int main(void)
{
	begin();
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* The longer before the shorter, which find its traces. */
		for (int path = PATHS - 1; path >= 0; path -= 2)
			top(path);
		for (int path = PATHS - 2; path >= 0; path -= 2)
			top(path);
	}
	for (unsigned path = 0; path < PATHS; path++) {
		char text[256], *end = text + sprintf(text, "main;top");

		for (unsigned i = 0; i <= path / 2; i++)
			end += sprintf(end, ";middle");
		sprintf(end, ";roomy;%s", path % 2 ? "saving" : "leaving");
		hold(text, ROUNDS * (path + 1), ROUNDS);
	}
	end();
}
