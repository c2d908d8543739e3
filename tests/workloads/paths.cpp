// SPDX-License-Identifier: BSD-3-Clause
// Frames of C++: lambdas, virtual calls, exceptions on their way, destructors that run meanwhile.
#include "ledger.h"
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <vector>

extern "C" {

SITE void allocate(std::size_t size)
{
	KEEP(malloc(size));
}

SITE void in_lambda(const std::function<void(int)> &function)
{
	function(11);
	KEEP(&function);
}

SITE void at_cleanup(void)
{
	allocate(12);
	KEEP(nullptr);
}

SITE void at_catch(void)
{
	allocate(13);
	KEEP(nullptr);
}

SITE void at_compare(void)
{
	allocate(14);
	KEEP(nullptr);
}

struct cleanup {
	~cleanup() { at_cleanup(); }
};

SITE void throw_below(int depth)
{
	cleanup guard;

	if (depth == 0)
		throw std::runtime_error("expected");
	throw_below(depth - 1);
}

SITE void catch_above(void)
{
	try {
		throw_below(2);
	} catch (const std::runtime_error &error) {
		at_catch();
		KEEP(&error);
	}
}

SITE void sort_some(void)
{
	std::vector<int> numbers = {3, 1};

	std::sort(numbers.begin(), numbers.end(), [](int left, int right) {
		at_compare();
		return left < right;
	});
	KEEP(numbers.data());
}
}

int main()
{
	begin();
	in_lambda([](int size) { allocate(static_cast<std::size_t>(size)); });
	hold("main;in_lambda;allocate", 11, 1);
	catch_above();
	/* The frames above the one whose destructor runs are gone by then. */
	hold("main;catch_above;throw_below;throw_below;throw_below;at_cleanup;allocate", 12, 1);
	hold("main;catch_above;throw_below;throw_below;at_cleanup;allocate", 12, 1);
	hold("main;catch_above;throw_below;at_cleanup;allocate", 12, 1);
	hold("main;catch_above;at_catch;allocate", 13, 1);
	sort_some();
	hold("main;sort_some;at_compare;allocate", 14, 1);
	end();
}
