#include "newer.h"

struct bpf_dynptr { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct { __uint(type, RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct { __uint(type, ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64[4]); } buffer SEC(".maps");

extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer__opt, __u32 buffer__szk) __weak __ksym;
extern int bpf_dynptr_from_skb(void *skb, __u64 flags, struct bpf_dynptr *ptr) __weak __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __weak __ksym;

__u64 read_back;

SEC("syscall")
int writes(void *ctx)
{
	struct bpf_dynptr ptr;
	__u32 key = 0;
	__u64 *memory = bpf_map_lookup_elem(&buffer, &key), number = 42;
	if (!memory) return 1;
	bpf_dynptr_from_mem(memory, 32, 0, &ptr);
	bpf_dynptr_write(&ptr, 8, &number, sizeof(number), 0);
	bpf_dynptr_read(&read_back, sizeof(read_back), &ptr, 8, 0);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}
