#include "newer.h"

__u64 rounds;

#define cond_break ({ __label__ l_break, l_go_on; \
	asm volatile goto("may_goto %l[l_break]" :::: l_break); \
	goto l_go_on; l_break: break; l_go_on:; })

SEC("syscall")
int goes_round(void *ctx)
{
	__u64 n = 0;
	for (__u64 i = bpf_ktime_get_ns() & 0xffff; i > 0; i--) {
		cond_break;
		n++;
	}
	rounds = n;
	return 0;
}
