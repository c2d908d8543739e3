/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main thread has left by pthread_exit before the tracing begins: the kernel cannot limit a link to such a process,
 * and probes are perf events of a thread that lives. reallocarray leaves by a jump, large blocks are mapped inside malloc.
 */
#include "ledger.h"
#include <pthread.h>

SITE void *small(void) { return malloc(100); }
SITE void *array(void) { return reallocarray(NULL, 3, 30); }
SITE void *resized(void *block) { return realloc(block, 50); }
SITE void *large(void) { return malloc(1 << 20); }

static void *work(void *main_thread)
{
	pthread_join(*(pthread_t *)main_thread, NULL);
	begin();
	for (int i = 0; i < 1000; i++) {
		free(small());
		KEEP(small());
		KEEP(array());
		KEEP(resized(small()));
		if (i % 10)
			free(large());
		else
			KEEP(large());
	}
	hold("work;small", 1000 * 100, 1000);
	hold("work;array", 1000 * 90, 1000);
	hold("work;resized", 1000 * 50, 1000);
	hold("work;large", 100L << 20, 100);
	end();
	return NULL;
}

int main(void)
{
	static pthread_t self;
	pthread_t worker;

	self = pthread_self();
	if (pthread_create(&worker, NULL, work, &self))
		abort();
	pthread_exit(NULL);
}
