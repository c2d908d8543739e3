#include "newer.h"

struct sock;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *);
	void (*cong_avoid)(struct sock *, __u32, __u32);
	__u32 (*undo_cwnd)(struct sock *);
	char name[16];
};

SEC("struct_ops/ssthresh") __u32 emleak_ssthresh(__u64 *ctx) { return 2; }
SEC("struct_ops/cong_avoid") void emleak_cong_avoid(__u64 *ctx) { }
SEC("struct_ops") __u32 emleak_undo_cwnd(__u64 *ctx) { return 10; }

SEC(".struct_ops")
struct tcp_congestion_ops emleak_old = {
	.ssthresh = (void *)emleak_ssthresh,
	.cong_avoid = (void *)emleak_cong_avoid,
	.undo_cwnd = (void *)emleak_undo_cwnd,
	.name = "emleak_old",
};
