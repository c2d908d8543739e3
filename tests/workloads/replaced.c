/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Libraries at one place, one after the other: each is loaded, keeps something, and is unloaded, and the next one lies at the same
 * addresses. Arguments: the libraries (see fruit.c), in the order in which they come.
 */
#include "ledger.h"
#include <dlfcn.h>

typedef void *work(void);

SITE static void use(const char *path, work **place)
{
	void *library = dlopen(path, RTLD_NOW);
	work *function = library ? (work *)dlsym(library, "fruit") : NULL;
	const char **name = library ? dlsym(library, "name") : NULL;
	char text[64];

	if (!function || (*place && function != *place)) {
		dprintf(1, "not at the same place: %s\n", function ? path : dlerror());
		_exit(1);
	}
	*place = function;
	for (int i = 0; i < 10; i++)
		KEEP(function());
	snprintf(text, sizeof(text), "main;use;%s", *name);
	hold(text, 1000, 10);
	dlclose(library);
}

int main(int argc, char **argv)
{
	work *place = NULL;

	begin();
	for (int i = 1; i < argc; i++)
		use(argv[i], &place);
	end();
}
