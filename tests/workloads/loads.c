/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads libraries, whose paths are given, when a line has come, while other threads wait in ways that a signal or a stop would interrupt, and
 * one counts: says how many waits were interrupted, whether the process was continued, and for how long the counting stood at most. The
 * libraries are plugin.c, or anything with a function plugin_work.
 */
#define _GNU_SOURCE
#include "ledger.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

static volatile int interrupted, continued;
static volatile long long longest_gap;

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void on_continue(int number) { (void)number, continued++; }

static void *poll_for_ever(void *nothing)
{
	struct epoll_event event;
	int poll = epoll_create1(0);

	while (epoll_wait(poll, &event, 1, -1) >= 0 || errno != EINTR)
		;
	interrupted++;
	return nothing;
}

static void *wait_for_semaphore(void *nothing)
{
	struct sembuf take = { .sem_op = -1 };
	int id = semget(IPC_PRIVATE, 1, 0600);

	if (semop(id, &take, 1) < 0 && errno == EINTR)
		interrupted++;
	semctl(id, 0, IPC_RMID);
	return nothing;
}

static void *wait_for_signal(void *nothing)
{
	struct timespec hour = { .tv_sec = 3600 };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR2);
	if (sigtimedwait(&signals, NULL, &hour) < 0 && errno == EINTR)
		interrupted++;
	return nothing;
}

/* Sleeps a little each time, or it would be the scheduler's gaps that are seen. */
static void *count(void *nothing)
{
	struct timespec moment = { .tv_nsec = 200000 };
	long long last = now();

	for (;;) {
		long long time;

		nanosleep(&moment, NULL);
		time = now();
		if (time - last > longest_gap)
			longest_gap = time - last;
		last = time;
	}
	return nothing;
}

SITE void *load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		abort();
	return dlsym(library, "plugin_work");
}

SITE void use(void *(*work)(size_t)) { KEEP(work(50)); }

static int compare(const void *left, const void *right)
{
	long long difference = *(const long long *)left - *(const long long *)right;

	return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv)
{
	void *(*threads[])(void *) = { poll_for_ever, wait_for_semaphore, wait_for_signal, count };
	long long spans[1024];
	int libraries = argc - 1;

	signal(SIGCONT, on_continue);
	for (int i = 0; i < 4; i++) {
		pthread_t thread;

		pthread_create(&thread, NULL, threads[i], NULL);
	}
	begin();
	longest_gap = 0;
	for (int i = 0; i < libraries; i++) {
		struct timespec pause = { .tv_nsec = 100000000 };
		long long start = now();
		void *(*work)(size_t) = (void *(*)(size_t))load(argv[i + 1]);

		spans[i] = now() - start;
		use(work);
		nanosleep(&pause, NULL);
	}
	qsort(spans, libraries, sizeof(*spans), compare);
	dprintf(1, "interrupted %d\ncontinued %d\ngap %lld us\n", interrupted, continued, longest_gap / 1000);
	if (libraries)
		dprintf(1, "dlopen median %lld us\ndlopen longest %lld us\n", spans[libraries / 2] / 1000, spans[libraries - 1] / 1000);
	hold("main;use;plugin_work", libraries * 50, libraries);
	hold("main;load;plugin_begin;plugin_work", libraries * 500, libraries * 5);
	end();
}
