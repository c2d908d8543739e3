#include "newer.h"

__s64 quotient, rest, widened;
__u32 swapped;
__s32 volatile divisor = -7;
__s16 volatile narrow = -5;
__s8 volatile table[16] = { -1, 2, -3, 4 };

SEC("syscall")
int divides(void *ctx)
{
	__s64 dividend = bpf_ktime_get_ns() & 0xffff;
	quotient = dividend / divisor;
	rest = dividend % divisor;
	widened = (__s64)narrow + table[dividend & 3] + (__s8)dividend;
	swapped = __builtin_bswap32((__u32)dividend);
	return 0;
}

__noinline int many(int n)
{
	switch (n) {
	case 1: return quotient;
	case 5: return rest;
	case 9: return widened;
	case 100: return swapped;
	case 1000: return divisor;
	default: return n;
	}
}

SEC("socket")
int chooses(void *ctx) { return many((int)(__u64)bpf_ktime_get_ns()); }
