#include "newer.h"

struct task_struct { int pid; } __core;
struct bpf_raw_tracepoint_args { __u64 args[0]; };
struct number { __u64 value; };

__u64 seen;

__weak __noinline int takes_pointer(struct number *number __tag("arg:nonnull")) { return number->value; }
__noinline int takes_context(void *ctx __tag("arg:ctx")) { return ctx != 0; }
__noinline int takes_optional(struct number *number) { return number ? number->value : -1; }
__noinline int takes_trusted(struct task_struct *task __tag("arg:trusted") __tag("arg:nullable")) { return task ? task->pid : 0; }
__hidden __noinline int takes_anything(struct number *number) { return number->value; }
static __noinline int takes_more(int a, int b, int c, int d, int e) { return a * b + c * d + e; }

SEC("tp_btf/task_newtask")
int calls(__u64 *ctx)
{
	struct number number = { 3 };
	seen = takes_pointer(&number) + takes_optional(&number) + takes_optional(0) + takes_anything(&number);
	seen += takes_more(seen, 2, 3, 4, 5);
	return 0;
}

SEC("raw_tp/sys_enter")
int calls_too(struct bpf_raw_tracepoint_args *ctx)
{
	struct number number = { 4 };
	seen += takes_pointer(&number);
	return 0;
}

SEC("?tp_btf/task_newtask")
int by_itself(__u64 *ctx) { return takes_trusted((void *)ctx[0]) + takes_context(ctx); }
