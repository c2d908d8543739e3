/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host of a plugin, whose path is given: it is loaded, used when a line has come, unloaded, loaded again,
 * which runs its constructor once more, and used again at once. Run with --symbols-prefix plugin_.
 */
#include "ledger.h"
#include <dlfcn.h>

SITE void *load(const char *path, void *(**work)(size_t))
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!plugin)
		abort();
	*work = (void *(*)(size_t))dlsym(plugin, "plugin_work");
	return plugin;
}

SITE void use(void *(*work)(size_t)) { KEEP(work(50)); }

int main(int argc, char **argv)
{
	void *(*work)(size_t);
	void *plugin;

	begin();
	if (argc < 2)
		return 1;
	plugin = load(argv[1], &work);
	dprintf(1, "loaded\n");
	wait_for_line();
	for (int i = 0; i < 10; i++)
		use(work);
	dlclose(plugin);
	/* The same file again: what is probed stays probed. */
	plugin = load(argv[1], &work);
	for (int i = 0; i < 10; i++)
		use(work);
	hold("main;use;plugin_work", 20 * 50, 20);
	hold("main;load;plugin_begin;plugin_work", 1000, 10);
	end();
}
