/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments: COUNT LIBRARY. Loads so many copies of a library (see fruit.c), one after the other, and then calls each once more. */
#include "ledger.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

typedef void *work(void);

static work *load(const char *library, int number)
{
	char name[64];
	struct stat status;
	int from = open(library, O_RDONLY), to;
	void *handle;

	snprintf(name, sizeof(name), "./copy%d.so", number);
	to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	if (fstat(from, &status) || sendfile(to, from, NULL, status.st_size) != status.st_size)
		_exit(1);
	close(from);
	close(to);
	handle = dlopen(name, RTLD_NOW);
	return handle ? (work *)dlsym(handle, "fruit") : NULL;
}

SITE static void call(work *function)
{
	KEEP(function());
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[1]) : 0;
	static work *functions[4096];

	begin();
	for (int i = 0; i < count; i++) {
		functions[i] = load(argv[2], i);
		if (!functions[i])
			_exit(1);
		call(functions[i]);
	}
	for (int i = 0; i < count; i++)
		call(functions[i]);
	hold("main;call;apple", 200L * count, 2L * count);
	end();
}
