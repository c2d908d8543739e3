/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal handler that maps memory, and keeps a part of it, while the thread allocates. "above": on an alternate stack that lies above the
 * thread's own.
 */
#include "ledger.h"
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { HANDLED = 600, STACK = 1 << 19 };

static volatile int handled, is_over;
static char *area;

SITE void map_in_handler(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		abort();
	if (handled++ % 2)
		munmap(page, 4096);
}

static void handler(int signal)
{
	(void)signal;
	map_in_handler();
}

static void *work(void *argument)
{
	stack_t alternate = {.ss_sp = area + STACK, .ss_size = STACK};

	if (sigaltstack(&alternate, NULL))
		abort();
	while (!is_over) {
		free(calloc(1, 3000000));
		free(malloc(64));
	}
	return argument;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct timespec pause = {.tv_nsec = 500000};
	pthread_attr_t attributes;
	pthread_t thread;

	if (argc > 1 && !strcmp(argv[1], "above"))
		action.sa_flags |= SA_ONSTACK;
	area = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, area, STACK);
	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, &attributes, work, NULL);
	begin();
	while (handled < HANDLED) {
		pthread_kill(thread, SIGUSR1);
		nanosleep(&pause, NULL);
	}
	is_over = 1;
	pthread_join(thread, NULL);
	hold("map_in_handler", (handled + 1) / 2 * 4096L, (handled + 1) / 2);
	end();
}
