#include "newer.h"

struct bpf_iter_num { __u64 __opaque[1]; } __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

int numbers[100];
__u64 sum;

static __noinline __u64 add(int from, int to)
{
	struct bpf_iter_num it;
	__u64 total = 0;
	int *i;
	bpf_iter_num_new(&it, from, to);
	while ((i = bpf_iter_num_next(&it))) {
		if (*i < 0 || *i >= 100) break;
		total += numbers[*i];
	}
	bpf_iter_num_destroy(&it);
	return total;
}

SEC("raw_tp")
int adds(void *ctx) { sum = add(0, 100) + add(10, 20); return 0; }

SEC("syscall")
int adds_when_called(void *ctx) { sum = add(0, 50); return sum; }
