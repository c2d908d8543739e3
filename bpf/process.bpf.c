// SPDX-License-Identifier: BSD-3-Clause
/*
 * The life of the traced process: when it begins to execute a program, loads libraries, has children, ends.
 *
 * One process is traced at a time, and `traced` says which. A process that executes a program of the watched name becomes the
 * traced one if there is none; it ceases to be when its last thread ends. So the next one, which may begin right then, is
 * stopped at its first instruction however busy emleak still is with the last one.
 */
#include "events.h"
#include "stops.h"

/* Compared by words. */
const volatile struct watched_name watched __attribute__((aligned(8)));

/* Where the loader keeps the state of its list of libraries, in bytes from the function that it calls at every change; 0: unknown. */
s64 loader_state_distance;

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, 64 * 1024);
} process_events SEC(".maps");

/* The id of the traced process, under key 0. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u32);
} traced SEC(".maps");

inline_always int is_traced(u32 pid)
{
	u32 key = 0;
	u32 *process = bpf_map_lookup_elem(&traced, &key);

	return process && *process == pid;
}

inline_always void tell(void *context, enum process_change change, u32 pid, u8 is_match, u8 is_stopped)
{
	struct process_event event = { .change = change, .pid = pid, .is_match = is_match, .is_stopped = is_stopped, .time = time_of_record() };

	event.start_time = process_start_time(bpf_get_current_task());
	if (has_ring_buffer)
		bpf_ringbuf_output(&process_events, &event, sizeof(event), 0);
	else
		send_to_processor(context, &process_events, &event, sizeof(event));
}

/* ---- names ---- */

#define WORDS(bytes) ((bytes) / sizeof(u64))

/* Both as long as NAME_SIZE allows, and filled up with zeros. Kernels below 5.3 have no loops. */
noinline int is_watched_name(const char *name)
{
	const volatile u64 *wanted = (const volatile u64 *)watched.name;
	u64 words[WORDS(NAME_SIZE)] = {}, difference = 0;

	if (!name || bpf_probe_read_kernel_str(words, sizeof(words), name) < 0)
		return 0;
#pragma unroll
	for (u32 i = 0; i < WORDS(NAME_SIZE); i++) {
		difference |= words[i] ^ wanted[i];
		/* One after the other, or there are not registers enough. */
		barrier_var(difference);
	}
	return !difference;
}

inline_always int is_watched_comm(void)
{
	const volatile u64 *wanted = (const volatile u64 *)watched.comm;
	u64 comm[WORDS(COMM_SIZE)] = {};

	/* A longer name is compared whole: its first 15 bytes may be another program's, too. */
	if (watched.length >= COMM_SIZE)
		return 0;
	bpf_get_current_comm(comm, sizeof(comm));
	return comm[0] == wanted[0] && comm[1] == wanted[1];
}

struct path_buffer {
	char bytes[4096];
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct path_buffer);
} path_buffers SEC(".maps");

/* The last part of a path. */
inline_always int is_watched_path(const char *path)
{
	u32 key = 0;
	struct path_buffer *buffer = bpf_map_lookup_elem(&path_buffers, &key);
	const char *start;
	long length;
	char before = '/';

	if (!buffer)
		return 0;
	length = bpf_probe_read_kernel_str(buffer->bytes, sizeof(buffer->bytes), path) - 1;
	if (length < (long)watched.length)
		return 0;
	start = path + length - watched.length;
	if (start > path)
		bpf_probe_read_kernel(&before, 1, start - 1);
	return before == '/' && is_watched_name(start);
}

/* By the kernel's name for its thread, the path that was executed, or the file that this led to: a script's interpreter. */
inline_always int is_watched(struct linux_binprm *program)
{
	struct dentry *entry;

	if (!watched.length)
		return 0;
	if (is_watched_comm() || is_watched_path(KERNEL_FIELD(program, filename)))
		return 1;
	entry = KERNEL_FIELD(KERNEL_FIELD(program, file), f_path.dentry);
	return is_watched_name(KERNEL_FIELD(entry, d_name.name));
}

/* ---- programs ---- */

SEC("raw_tp/sched_process_exec")
int process_executed(u64 *arguments)
{
	struct linux_binprm *program = (void *)arguments[2];
	u32 key = 0, pid = visible_process();
	u8 is_match;

	if (!pid)
		return 0;
	is_match = is_watched(program);
	if (!is_traced(pid)) {
		if (!is_match || bpf_map_update_elem(&traced, &key, &pid, BPF_NOEXIST))
			return 0;
	}
	tell(arguments, PROCESS_EXECUTED, pid, is_match, stop_process(pid));
	return 0;
}

SEC("raw_tp/sched_process_exit")
int process_ended(void *context)
{
	struct task_struct *task = bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid();
	int others = KERNEL_FIELD(KERNEL_FIELD(task, signal), live.counter);
	u32 key = 0, pid;

	if (others && (u32)id != id >> 32)
		return 0;
	pid = visible_process();
	if (!is_traced(pid))
		return 0;
	if (others)
		tell(context, PROCESS_LEADERLESS, pid, 0, 0);
	else
		bpf_map_delete_elem(&traced, &key);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int process_forked(u64 *arguments)
{
	struct task_struct *parent = (void *)arguments[0], *child = (void *)arguments[1];
	u32 pid;

	/* Threads, and children of vfork until they execute something, share its memory. */
	if (KERNEL_FIELD(parent, mm) == KERNEL_FIELD(child, mm))
		return 0;
	pid = visible_process();
	if (is_traced(pid))
		tell(arguments, PROCESS_FORKED, pid, 0, 0);
	return 0;
}

/* The function that loaders call for debuggers, before and after every change of their list of libraries (link.h, r_brk). */
inline_always int loader_called(struct pt_regs *regs)
{
	/* link.h: RT_CONSISTENT. */
	enum { CONSISTENT = 0 };
	u32 pid = visible_process(), state = CONSISTENT;

	if (!is_traced(pid))
		return 0;
	if (loader_state_distance)
		bpf_probe_read_user(&state, sizeof(state), (void *)(INSTRUCTION_POINTER(regs) + loader_state_distance));
	if (state == CONSISTENT)
		tell(regs, PROCESS_LOADED, pid, 0, stop_process(pid));
	return 0;
}

SEC("uprobe")
int process_loaded(struct pt_regs *regs)
{
	return loader_called(regs);
}

/* The same for a link of many uprobes, which is loaded as such. */
SEC("uprobe")
int process_loaded_by_link(struct pt_regs *regs)
{
	return loader_called(regs);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
