/* SPDX-License-Identifier: BSD-3-Clause */
/* A library that allocates when it is loaded. */
#include "ledger.h"

SITE void *loaded(size_t size) { return malloc(size); }

__attribute__((constructor)) SITE void load(void)
{
	for (int i = 0; i < 50; i++)
		KEEP(loaded(64));
	hold("load;loaded", 50 * 64, 50);
}
