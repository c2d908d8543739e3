typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
struct xdp_md { u32 data; u32 data_end; };
enum { XDP_DROP = 1, XDP_PASS = 2 };

// snippet: drops
struct { __uint(type, 1 /* hash */); __uint(max_entries, 64); __type(key, u16); __type(value, u8); } blocked SEC(".maps");
struct { __uint(type, 6 /* per-CPU array */); __uint(max_entries, 2); __type(key, u32); __type(value, u64); } packets SEC(".maps");

SEC("xdp")
int drops(struct xdp_md *ctx)
{
	u8 *packet = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	u32 is_blocked = 0;
	/* Ethernet, IPv4 without options, UDP. */
	if (packet + 42 <= end && packet[12] == 8 && packet[13] == 0 && packet[14] == 0x45 && packet[23] == 17) {
		u16 port = packet[36] << 8 | packet[37];
		is_blocked = bpf_map_lookup_elem(&blocked, &port) != 0;
	}
	u64 *count = bpf_map_lookup_elem(&packets, &is_blocked);
	if (count) (*count)++;
	return is_blocked ? XDP_DROP : XDP_PASS;
}
// end

char LICENSE[] SEC("license") = "GPL";
