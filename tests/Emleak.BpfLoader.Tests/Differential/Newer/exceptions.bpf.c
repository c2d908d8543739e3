#include "newer.h"

extern void bpf_throw(__u64 cookie) __ksym;

__u64 thrown;

__noinline int handles(__u64 cookie) { thrown = cookie; return cookie + 40; }
static __noinline int deeper(int n) { if (n > 100) bpf_throw(2); return n; }

SEC("tc")
__tag("exception_callback:handles")
int throws(void *ctx)
{
	if (thrown > 5) bpf_throw(1);
	return deeper(thrown + (int)(__u64)bpf_ktime_get_ns());
}
