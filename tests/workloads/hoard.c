/* SPDX-License-Identifier: BSD-3-Clause */
/* COUNT blocks of SIZE bytes, all kept. Arguments: COUNT SIZE. */
#include "ledger.h"

SITE void *keep(size_t size) { return malloc(size); }

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000;
	long size = argc > 2 ? atol(argv[2]) : 64;

	begin();
	for (long i = 0; i < count; i++)
		KEEP(keep((size_t)size));
	hold("main;keep", count * size, count);
	end();
}
