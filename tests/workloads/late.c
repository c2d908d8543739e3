/* SPDX-License-Identifier: BSD-3-Clause */
/* Allocates nothing before it is told to: for traces that begin when the program does. */
#include "ledger.h"

SITE static void *keep(size_t size)
{
	return malloc(size);
}

int main(void)
{
	begin();
	for (int i = 0; i < 300; i++)
		KEEP(keep(200));
	hold("main;keep", 300 * 200, 300);
	end();
}
