/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes memory from the system below all allocators, by brk and sbrk: that is no allocation. And one that is. */
#include "ledger.h"

SITE void *grow(void) { return sbrk(1 << 16); }
SITE int grow_to(char *end) { return brk(end); }
SITE void *keep(void) { return malloc(300); }

int main(void)
{
	begin();
	for (int i = 0; i < 10; i++) {
		char *end = grow();

		KEEP(end);
		if (grow_to(end + (1 << 17)))
			abort();
		KEEP(keep());
	}
	hold("main;keep", 3000, 10);
	end();
}
