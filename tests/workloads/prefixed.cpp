// SPDX-License-Identifier: BSD-3-Clause
// An allocator under names of its own: acme_malloc and acme_free with --symbols-prefix acme_; and the same as a class, for
// -m acme::Pool::take -f acme::Pool::give.
#include "ledger.h"

#undef SITE
#define SITE __attribute__((noinline))

static char memory[1 << 20] __attribute__((aligned(16)));
static char *next = memory;

extern "C" {
__attribute__((noinline, noipa)) void *acme_malloc(size_t size)
{
	void *block = next;

	next += (size + 15) / 16 * 16;
	return block;
}

__attribute__((noinline, noipa)) void acme_free(void *block)
{
	*static_cast<char *>(block) = 0;
}
}

namespace acme {
class Pool {
public:
	// `this` is the first argument.
	__attribute__((noinline, noipa)) void *take(size_t size) { return bump(size); }
	__attribute__((noinline, noipa)) void *take(size_t rows, size_t size) { return bump(rows * size); }
	__attribute__((noinline, noipa)) void give(void *block) { *static_cast<char *>(block) = 0; }

private:
	static void *bump(size_t size)
	{
		void *block = next;

		next += (size + 15) / 16 * 16;
		return block;
	}
};
}

static acme::Pool pool;

extern "C" {
SITE void *by_prefix(size_t size) { void *block = acme_malloc(size); KEEP(block); return block; }
SITE void *by_pool(size_t size) { void *block = pool.take(size); KEEP(block); return block; }
SITE void *by_rows(size_t rows, size_t size) { void *block = pool.take(rows, size); KEEP(block); return block; }
}

int main(int argc, char **)
{
	begin();
	for (int i = 0; i < 20; i++) {
		if (argc == 1) {
			void *block = by_prefix(100);

			if (i % 2)
				acme_free(block);
			continue;
		}
		void *one = by_pool(100), *other = by_rows(3, 50);

		if (i % 2) {
			pool.give(one);
			pool.give(other);
		}
	}
	if (argc == 1) {
		hold("main;by_prefix", 1000, 10);
	} else {
		hold("main;by_pool", 1000, 10);
		hold("main;by_rows", 1500, 10);
	}
	end();
}
