// SPDX-License-Identifier: BSD-3-Clause
/*
 * The life of the traced process: when it begins to execute a program, loads libraries, has children, ends.
 *
 * One process is traced at a time, and `traced` says which. A process that executes a program of the watched name becomes the
 * traced one if there is none; it ceases to be when its last thread ends. So the next one, which may begin right then, waits
 * before its first instruction however busy emleak still is with the last one.
 *
 * Of what may wait (waiting.h) there are two forms, with and without the wait: user space loads what the kernel takes.
 */
#include "events.h"
#include "visible_process.h"
#include "waiting.h"

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

/* Emleak itself. */
const volatile u32 own_pid;

/* How long a thread waits at most, in nanoseconds: in a program that begins, where nothing else runs, and in one that goes on. */
const volatile u64 start_patience;
const volatile u64 load_patience;

/* The process that has executed a program and not yet loaded its libraries. */
u32 beginning_pid;

inline_always int is_traced(u32 pid)
{
	u32 key = 0;
	u32 *process = bpf_map_lookup_elem(&traced, &key);

	return process && *process == pid;
}

/* With the id, what makes it this process. */
inline_always u64 process_start_time(struct task_struct *task)
{
	struct task_struct *leader = KERNEL_FIELD(task, group_leader);

	if (!HAS_FIELD(leader->start_boottime))
		return KERNEL_FIELD((struct task_struct___before *)leader, real_start_time);
	return KERNEL_FIELD(leader, start_boottime);
}

/* False when there was no room for it: nobody will deal with it. */
inline_always int report(void *context, struct process_event *event)
{
	event->time = bpf_ktime_get_ns();
	event->start_time = process_start_time(bpf_get_current_task());
	if (has_ring_buffer)
		return !bpf_ringbuf_output(&process_events, event, sizeof(*event), 0);
	return !send_to_processor(context, &process_events, event, sizeof(*event));
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

/* False when it is of no interest. */
inline_always int has_executed(u64 *arguments, struct process_event *event)
{
	struct linux_binprm *program = (void *)arguments[2];
	u32 key = 0, pid = visible_process();

	if (!pid)
		return 0;
	event->is_match = is_watched(program);
	if (!is_traced(pid)) {
		if (!event->is_match || bpf_map_update_elem(&traced, &key, &pid, BPF_NOEXIST))
			return 0;
	}
	event->change = PROCESS_EXECUTED;
	event->pid = pid;
	beginning_pid = pid;
	return 1;
}

SEC("raw_tp/sched_process_exec")
int process_executed(u64 *arguments)
{
	struct process_event event = {};

	if (has_executed(arguments, &event))
		report(arguments, &event);
	return 0;
}

/*
 * A tracepoint's program cannot wait; a task's work (6.18) runs in the process itself, before it returns to user space for the first
 * instruction. One of several, since the last one to begin may still be ending.
 */
struct start {
	u64 event;
	u32 pid;
	struct bpf_task_work work;
};

enum { MOST_STARTS = 16 };

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, MOST_STARTS);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct start);
} starts SEC(".maps");

static int wait_at_start(struct bpf_map *map, void *key, void *value)
{
	struct task_struct *task = bpf_get_current_task();
	struct start *start = value;

	(void)map, (void)key;
	wait_until_probed(start->pid, start->event, start_patience, KERNEL_FIELD(KERNEL_FIELD(task, mm), start_stack));
	return 0;
}

SEC("raw_tp/sched_process_exec")
int process_executed_waits(u64 *arguments)
{
	struct process_event event = {};
	struct start *start;
	u32 key;

	if (!has_executed(arguments, &event) || !report(arguments, &event))
		return 0;
	key = event.pid % MOST_STARTS;
	start = bpf_map_lookup_elem(&starts, &key);
	if (!start)
		return 0;
	start->event = event.time;
	start->pid = event.pid;
	SCHEDULE_TASK_WORK(bpf_get_current_task_btf(), &start->work, &starts, wait_at_start);
	return 0;
}

/* The process that emleak has started, and its descendants: those that live, as the machine numbers processes. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u8);
} family SEC(".maps");

SEC("raw_tp/sched_process_exit")
int process_ended(void *context)
{
	struct process_event event = {};
	struct task_struct *task = bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid();
	int others = KERNEL_FIELD(KERNEL_FIELD(task, signal), live.counter);
	u32 key = 0, process;

	if (others && (u32)id != id >> 32)
		return 0;
	process = id >> 32;
	if (!others)
		bpf_map_delete_elem(&family, &process);
	event.pid = visible_process();
	/* Nobody waits for emleak when it has gone, however that came. */
	if (!others && event.pid == own_pid)
		waits_have_ended = 1;
	if (!is_traced(event.pid))
		return 0;
	event.change = others ? PROCESS_LEADERLESS : PROCESS_ENDED;
	event.exit_code = KERNEL_FIELD(task, exit_code);
	report(context, &event);
	if (!others)
		bpf_map_delete_elem(&traced, &key);
	return 0;
}

/* A child of whom emleak has started is of its family, and so are its own children. */
inline_always void watch_family(struct task_struct *parent, struct task_struct *child)
{
	u32 older = KERNEL_FIELD(parent, tgid), younger = KERNEL_FIELD(child, tgid);
	u8 is_there = 1;

	if (older != younger && bpf_map_lookup_elem(&family, &older))
		bpf_map_update_elem(&family, &younger, &is_there, BPF_ANY);
}

SEC("raw_tp/sched_process_fork")
int process_forked(u64 *arguments)
{
	struct task_struct *parent = (void *)arguments[0], *child = (void *)arguments[1];
	struct process_event event = { .change = PROCESS_FORKED };

	watch_family(parent, child);
	/* Threads, and children of vfork until they execute something, share its memory. */
	if (KERNEL_FIELD(parent, mm) == KERNEL_FIELD(child, mm))
		return 0;
	event.pid = visible_process();
	if (is_traced(event.pid))
		report(arguments, &event);
	return 0;
}

/* link.h: what r_state says. Between two calls with RT_CONSISTENT is one that says what changes; musl's loader leaves it out. */
enum { LOADER_CONSISTENT = 0, LOADER_DELETES = 2 };

/* What the loader said it was about to do. Its lock is held until it has done that. */
u32 loader_change;

/*
 * The function that loaders call for debuggers, before and after every change of their list of libraries (link.h, r_brk). True
 * when the list has changed, and somebody has been told.
 */
inline_always int has_loaded(struct pt_regs *regs, struct process_event *event)
{
	u32 pid = visible_process(), state = LOADER_CONSISTENT;

	if (!is_traced(pid))
		return 0;
	if (loader_state_distance)
		bpf_probe_read_user(&state, sizeof(state), (void *)(INSTRUCTION_POINTER(regs) + loader_state_distance));
	if (state != LOADER_CONSISTENT) {
		loader_change = state;
		return 0;
	}
	event->change = PROCESS_LOADED;
	event->pid = pid;
	return report(regs, event);
}

inline_always int load(struct pt_regs *regs)
{
	struct process_event event = {};

	has_loaded(regs, &event);
	return 0;
}

inline_always int load_and_wait(struct pt_regs *regs)
{
	struct process_event event = {};
	u64 patience = load_patience;
	u32 change;

	if (!has_loaded(regs, &event))
		return 0;
	change = loader_change;
	loader_change = LOADER_CONSISTENT;
	/* Nothing of a library that goes is run any more. */
	if (change == LOADER_DELETES)
		return 0;
	if (beginning_pid == event.pid) {
		beginning_pid = 0;
		patience = start_patience;
	}
	wait_until_probed(event.pid, event.time, patience, STACK_POINTER(regs));
	return 0;
}

SEC("uprobe")
int process_loaded(struct pt_regs *regs)
{
	return load(regs);
}

/* The same for a link of many uprobes, which is loaded as such. */
SEC("uprobe.multi")
int process_loaded_link(struct pt_regs *regs)
{
	return load(regs);
}

/* Sleepable, since 6.0. */
SEC("uprobe.s")
int process_loaded_waits(struct pt_regs *regs)
{
	return load_and_wait(regs);
}

SEC("uprobe.multi.s")
int process_loaded_link_waits(struct pt_regs *regs)
{
	return load_and_wait(regs);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
