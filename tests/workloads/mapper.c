/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads a library and leaks in it: 100 blocks of 1,000 bytes. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **words)
{
	void *library = count == 2 ? dlopen(words[1], RTLD_NOW) : 0;
	void (*leak)(int) = library ? (void (*)(int))dlsym(library, "leak_from_library") : 0;

	if (!leak)
		return 1;
	puts("ready");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 100; i++)
		leak(1000);
	puts("done");
	fflush(stdout);
	getchar();
	return 0;
}
