// What newer objects have: structures of functions, an arena, functions that are called for exceptions. generate.sh makes the seeds from it.
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __arena __attribute__((address_space(1)))

struct { __uint(type, 33); __uint(map_flags, 1 << 10); __uint(max_entries, 4); } arena SEC(".maps");
struct sock;
struct tcp_congestion_ops___part { char name[16]; u32 (*ssthresh)(struct sock *); void (*cong_avoid)(struct sock *, u32, u32); };
extern void bpf_throw(u64) __attribute__((section(".ksyms")));

u64 __arena counter = 5, table[4] = { 1, 2, 3, 4 };
const volatile u64 wide = 0x1122334455667788;
const volatile u32 choices[4] = { 1, 2, 3, 4 };
u64 thrown, seen;

__attribute__((noinline)) int handles(u64 cookie) { thrown = cookie; return 0; }
static __attribute__((noinline)) u64 five(u64 a, u64 b, u64 c, u64 d, u64 e) { volatile u64 room[4] = { a, b, c, d }; seen += room[e & 3] + wide; return seen; }

SEC("tc") __attribute__((btf_decl_tag("exception_callback:handles")))
int throws(u32 *ctx)
{
	counter += table[1] + choices[*ctx & 3];
	if (five(wide, 1, 2, 3, *ctx) > 5) bpf_throw(1);
	return 0;
}

SEC("struct_ops/ssthresh") u32 emleak_ssthresh(u64 *ctx) { return 2; }
SEC(".struct_ops.link") struct tcp_congestion_ops___part emleak_part = { .name = "emleak", .ssthresh = (void *)emleak_ssthresh };

char LICENSE[] SEC("license") = "GPL";
