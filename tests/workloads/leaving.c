/* SPDX-License-Identifier: BSD-3-Clause */
/* The main thread leaves by pthread_exit while it is traced, and another one goes on allocating. */
#include "ledger.h"
#include <pthread.h>
#include <stdatomic.h>

static atomic_int may_leave;

SITE void *before(void) { return malloc(300); }
SITE void *after(void) { return malloc(400); }

static void *work(void *main_thread)
{
	begin();
	for (int i = 0; i < 20; i++)
		KEEP(before());
	may_leave = 1;
	pthread_join(*(pthread_t *)main_thread, NULL);
	dprintf(1, "left\n");
	wait_for_line();
	for (int i = 0; i < 1000; i++) {
		free(after());
		KEEP(after());
	}
	hold("work;before", 20 * 300, 20);
	hold("work;after", 1000 * 400, 1000);
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
	while (!may_leave)
		usleep(1000);
	pthread_exit(NULL);
}
