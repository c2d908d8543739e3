// SPDX-License-Identifier: BSD-3-Clause
// Every form of operator new and delete: 100 blocks each, every second one released again. Run over any allocator.
#include "ledger.h"
#include <new>

// A call path must stay one.
#undef SITE
#define SITE __attribute__((noinline))

struct alignas(64) Wide {
	char bytes[192];
};

struct Plain {
	char bytes[72];
};

enum { BLOCKS = 100 };

template <typename T> static T *kept(T *block)
{
	KEEP(block);
	return block;
}

extern "C" {
SITE void *by_new() { return kept(new Plain); }
SITE void *by_array() { return kept(new Plain[3]); }
SITE void *by_nothrow() { return kept(new (std::nothrow) Plain); }
SITE void *by_array_nothrow() { return kept(new (std::nothrow) char[51]); }
SITE void *by_aligned() { return kept(new Wide); }
SITE void *by_aligned_array() { return kept(new Wide[2]); }
SITE void *by_aligned_nothrow() { return kept(new (std::nothrow) Wide); }

SITE void drop(void *block) { delete static_cast<Plain *>(block); }
SITE void drop_array(void *block) { delete[] static_cast<Plain *>(block); }
SITE void drop_unsized(void *block) { ::operator delete(block); }
SITE void drop_nothrow(void *block) { ::operator delete(block, std::nothrow); }
SITE void drop_aligned(void *block) { delete static_cast<Wide *>(block); }
SITE void drop_aligned_array(void *block) { delete[] static_cast<Wide *>(block); }
SITE void drop_aligned_unsized(void *block) { ::operator delete(block, std::align_val_t(64)); }

SITE void use(const char *path, void *(*allocate)(), void (*release)(void *), long bytes)
{
	for (int i = 0; i < BLOCKS; i++) {
		void *block = allocate();

		if (i % 2)
			release(block);
	}
	hold(path, bytes * BLOCKS / 2, BLOCKS / 2);
}
}

int main()
{
	begin();
	use("main;use;by_new", by_new, drop, 72);
	use("main;use;by_array", by_array, drop_array, 216);
	use("main;use;by_nothrow", by_nothrow, drop_nothrow, 72);
	use("main;use;by_array_nothrow", by_array_nothrow, drop_unsized, 51);
	use("main;use;by_aligned", by_aligned, drop_aligned, 192);
	use("main;use;by_aligned_array", by_aligned_array, drop_aligned_array, 384);
	use("main;use;by_aligned_nothrow", by_aligned_nothrow, drop_aligned_unsized, 192);
	end();
}
