// SPDX-License-Identifier: BSD-3-Clause
// For a compiler to work on.
#include <map>
#include <string>
#include <vector>

int main()
{
	std::map<std::string, std::vector<int>> numbers;

	numbers["a"].push_back(1);
	return static_cast<int>(numbers.size());
}
