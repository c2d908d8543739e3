#include "newer.h"

struct sock;

/* Some of the kernel's members, in another order, and one that it does not have. */
struct tcp_congestion_ops___part {
	char name[16];
	void (*there_is_no_such_function)(struct sock *);
	__u32 (*undo_cwnd)(struct sock *);
	__u32 (*ssthresh)(struct sock *);
	void (*cong_avoid)(struct sock *, __u32, __u32);
};

__u64 asked;

SEC("struct_ops/ssthresh") __u32 emleak_ssthresh(__u64 *ctx) { asked++; return 2; }
SEC("struct_ops/cong_avoid") void emleak_cong_avoid(__u64 *ctx) { asked++; }
SEC("struct_ops") __u32 emleak_undo_cwnd(__u64 *ctx) { return 10; }

SEC(".struct_ops.link")
struct tcp_congestion_ops___part emleak_congestion = {
	.name = "emleak_test",
	.undo_cwnd = (void *)emleak_undo_cwnd,
	.ssthresh = (void *)emleak_ssthresh,
	.cong_avoid = (void *)emleak_cong_avoid,
};
