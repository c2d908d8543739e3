/* SPDX-License-Identifier: BSD-3-Clause */
/* A small server that forgets: sessions are never closed, one log line in three stays, the cache is kept in order. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SITE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

struct session {
	char user[64];
	char *request;
};

static void *cache[32];

SITE static char *copy_request(size_t size)
{
	char *text = malloc(size);

	memset(text, 'x', size);
	return text;
}

SITE static struct session *open_session(void)
{
	struct session *session = calloc(1, sizeof(*session));

	session->request = copy_request(512);
	return session;
}

SITE static void log_line(int number)
{
	char *line = malloc(128);

	memset(line, number, 128);
	/* Keeps the compiler from seeing that nobody reads it. */
	__asm__ volatile("" : : "r"(line) : "memory");
	if (number % 3)
		free(line);
}

SITE static void refresh_cache(int number)
{
	void **entry = &cache[number % 32];

	free(*entry);
	*entry = malloc(4096);
}

SITE static void serve(int number)
{
	open_session();
	log_line(number);
	refresh_cache(number);
}

int main(void)
{
	for (int number = 0;; number++) {
		serve(number);
		usleep(1000);
	}
}
