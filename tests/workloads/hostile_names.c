/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions and a source file with names that a test replaces in the executable by hostile ones of the same length. */
#include "ledger.h"

/* A name of 5,000 characters. */
#define PASTE5(x) x##x##x##x##x
#define PASTE10(x) x##x##x##x##x##x##x##x##x##x
#define FIVE(x) PASTE5(x)
#define TEN(x) PASTE10(x)
#define LONG_NAME FIVE(TEN(TEN(TEN(x))))

#line 1 "SOURCE_FILE_0123456789012345678901234567890123456789.c"
SITE void *FUNCTION_NAME_0123456789012345678901234567890123456789(size_t size) { return malloc(size); }
SITE void *LONG_NAME(size_t size) { return malloc(size); }

int main(void)
{
	begin();
	KEEP(FUNCTION_NAME_0123456789012345678901234567890123456789(100));
	KEEP(LONG_NAME(200));
	end();
}
