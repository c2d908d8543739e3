/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 512 functions that allocate, take_000 to take_777 in octal; nobody calls them. Every line that is read forks a child, which is
 * idle and ends with its parent. The barrier keeps calls from becoming jumps, whose ends are not the functions' own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FUNCTION(digits) \
	void *take_##digits(size_t size); \
	__attribute__((noinline, used)) void *take_##digits(size_t size) \
	{ \
		void *block = malloc(size + 1##digits); \
		__asm__ volatile("" : "+r"(block)); \
		return block; \
	}
#define EIGHT(each, digits) \
	each(digits##0) each(digits##1) each(digits##2) each(digits##3) each(digits##4) each(digits##5) each(digits##6) each(digits##7)
#define FUNCTIONS_OF_ROW(digits) EIGHT(FUNCTION, digits)
#define ROWS(digits) \
	FUNCTIONS_OF_ROW(digits##0) FUNCTIONS_OF_ROW(digits##1) FUNCTIONS_OF_ROW(digits##2) FUNCTIONS_OF_ROW(digits##3) \
	FUNCTIONS_OF_ROW(digits##4) FUNCTIONS_OF_ROW(digits##5) FUNCTIONS_OF_ROW(digits##6) FUNCTIONS_OF_ROW(digits##7)

ROWS(0) ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7)

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (getchar() != EOF) {
		pid_t child = fork();
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
		}
		printf("child %d\n", child);
	}
	return 0;
}
