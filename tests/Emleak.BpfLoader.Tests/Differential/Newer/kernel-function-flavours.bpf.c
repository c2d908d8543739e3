#include "newer.h"

struct task_struct { int pid; } __core;

/* One function of the kernel, as older and newer kernels declare it, and one that none has. */
extern struct task_struct *bpf_task_from_pid___other(int pid, long flags) __ksym __weak;
extern struct task_struct *bpf_task_from_pid___this(int pid) __ksym __weak;
extern struct task_struct *bpf_task_from_nothing___this(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym;

int found, other;

SEC("syscall")
int looks(void *ctx)
{
	struct task_struct *task = 0;
	int pid = bpf_get_current_pid_tgid();
	if (bpf_task_from_pid___other) {
		other = 1;
		task = bpf_task_from_pid___other(pid, 0);
	} else if (bpf_task_from_pid___this) {
		task = bpf_task_from_pid___this(pid);
	} else if (bpf_task_from_nothing___this) {
		task = bpf_task_from_nothing___this(pid);
	}
	if (!task) return 1;
	found = task->pid;
	bpf_task_release(task);
	return 0;
}
