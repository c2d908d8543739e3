#include "newer.h"

struct task_struct { int pid; } __core;
struct kernel_cpumask;
struct bpf_spin_lock { __u32 val; };
struct bpf_cpumask { __u64 :64; } __core;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym __weak;
extern void bpf_cpumask_release(struct bpf_cpumask *cpumask) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

struct held {
	struct task_struct __kptr *task;
	struct task_struct __kptr_untrusted *seen;
	struct bpf_cpumask __kptr *mask;
	struct bpf_spin_lock lock;
};
struct { __uint(type, HASH); __uint(max_entries, 4); __type(key, int); __type(value, struct held); } tasks SEC(".maps");

SEC("tp_btf/task_newtask")
int holds(__u64 *ctx)
{
	int key = 0;
	struct task_struct *task = (void *)ctx[0], *old;
	struct held *held = bpf_map_lookup_elem(&tasks, &key);
	if (!held) return 0;
	bpf_spin_lock(&held->lock);
	bpf_spin_unlock(&held->lock);
	task = bpf_task_acquire(task);
	if (!task) return 0;
	old = bpf_kptr_xchg(&held->task, task);
	if (old) bpf_task_release(old);
	struct bpf_cpumask *mask = bpf_cpumask_create();
	if (!mask) return 0;
	mask = bpf_kptr_xchg(&held->mask, mask);
	if (mask) bpf_cpumask_release(mask);
	bpf_rcu_read_lock();
	task = held->task;
	int pid = task ? task->pid : 0;
	bpf_rcu_read_unlock();
	return pid > 0;
}
