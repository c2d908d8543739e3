/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps a copy of a library as code, never touches it, and cuts and restores its file for ever, while another thread leaks. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *forget(void *unused)
{
	for (;;) {
		void *volatile block = malloc(64);

		(void)block;
		usleep(1000);
	}

	return unused;
}

int main(int count, char **words)
{
	struct stat status;
	pthread_t thread;
	int file = count == 2 ? open(words[1], O_RDWR) : -1;
	char *bytes;

	if (file < 0 || fstat(file, &status))
		return 1;
	bytes = malloc(status.st_size);
	if (pread(file, bytes, status.st_size, 0) != status.st_size)
		return 1;
	if (mmap(NULL, status.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED)
		return 1;
	pthread_create(&thread, NULL, forget, NULL);
	puts("ready");
	fflush(stdout);
	for (;;) {
		usleep(200);
		if (ftruncate(file, 4096) || pwrite(file, bytes, status.st_size, 0) != status.st_size)
			return 1;
	}
}
