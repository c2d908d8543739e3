/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What these programs use of the kernel's BPF interface, declared by hand: numbers are kernel ABI (include/uapi/linux/bpf.h),
 * structs hold only the fields that are read and are relocated to the running kernel's layout when the object is loaded.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "emleak.h"

#define SEC(name) __attribute__((section(name), used))
#define inline_always static inline __attribute__((always_inline))
#define noinline static __attribute__((noinline))
/* Verified by itself, once, whoever calls it (5.6). */
#define global_function __attribute__((__noinline__))
/* The same for one with pointers as arguments (5.12). Kernels that have bpf_loop have that; for others it is verified wherever it is called. */
#ifdef BOUNDED_LOOPS
#define global_with_pointers noinline
#else
#define global_with_pointers global_function
#endif
/* Once where instructions are few (below 5.2: 4,096 for a program), else wherever it is used: functions call each other no more than eight deep. */
#ifdef WITHOUT_LOOPS
#define shared noinline
#else
#define shared inline_always
#endif
#define barrier_var(var) asm volatile("" : "+r"(var))

/* BTF-defined maps: numbers and types travel in the type of a struct's members. */
#define MAP_NUMBER(name, value) int (*name)[value]
#define MAP_TYPE(name, type) typeof(type) *name
#define MAP_INNER(name, type) typeof(type) *name[]

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	/* Since 5.5. */
	BPF_F_MMAPABLE = 1024,
	BPF_F_USER_STACK = 256,
	BPF_F_CURRENT_CPU = 0xffffffff,
	/* Since 5.10: maps in a map may differ in size. */
	BPF_F_INNER_MAP = 4096,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
};

enum { E2BIG = 7 };

/* The value of a kernel object's field; 0 when it cannot be read. */
#define KERNEL_FIELD(pointer, field) ({							\
	typeof((pointer)->field) field_value = 0;					\
	bpf_probe_read_kernel(&field_value, sizeof(field_value), &(pointer)->field);	\
	field_value;									\
})

#define RELOCATED __attribute__((preserve_access_index))

struct return_instance {
	unsigned long stack;
	unsigned long orig_ret_vaddr;
	struct return_instance *next;
} RELOCATED;

struct uprobe_task {
	struct return_instance *return_instances;
} RELOCATED;

/* Whether the running kernel's struct has it. */
#define HAS_FIELD(field) __builtin_preserve_field_info(field, 2)
/* Where it has it. */
#define FIELD_OFFSET(field) __builtin_preserve_field_info(field, 0)

struct ns_common {
	unsigned int inum;
} RELOCATED;

struct pid_namespace {
	struct ns_common ns;
} RELOCATED;

struct upid {
	int nr;
	struct pid_namespace *ns;
} RELOCATED;

/* An id has a number in its own namespace and in each that this one lies in; 0 is the machine's. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
} RELOCATED;

struct signal_struct {
	struct {
		int counter;
	} live;
} RELOCATED;

struct mm_struct {
	/* Where the kernel has put the program's arguments. */
	unsigned long start_stack;
} RELOCATED;

struct task_struct {
	struct uprobe_task *utask;
	struct task_struct *group_leader;
	int tgid;
	struct pid *thread_pid;
	struct signal_struct *signal;
	/* Since 5.5. */
	u64 start_boottime;
	struct mm_struct *mm;
	int exit_code;
	/* The stack for signal handlers that the thread has set aside. */
	unsigned long sas_ss_sp;
	unsigned long sas_ss_size;
} RELOCATED;

/* The same before 5.5. */
struct task_struct___before {
	u64 real_start_time;
} RELOCATED;

struct dentry {
	struct {
		const char *name;
	} d_name;
} RELOCATED;

struct path {
	struct dentry *dentry;
} RELOCATED;

struct file {
	struct path f_path;
} RELOCATED;

struct linux_binprm {
	struct file *file;
	const char *filename;
} RELOCATED;

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static long (*const bpf_tail_call)(void *context, void *programs, u32 index) = (void *)12;
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*const bpf_perf_event_output)(void *context, void *map, u64 flags, void *data, u64 size) = (void *)25;
static struct task_struct *(*const bpf_get_current_task)(void) = (void *)35;
static long (*const bpf_get_current_comm)(void *buffer, u32 size) = (void *)16;
/* Since 4.18. */
static long (*const bpf_get_stack)(void *context, void *frames, u32 size, u64 flags) = (void *)67;
/* Since 5.5. */
static long (*const bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*const bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
static long (*const bpf_probe_read_user)(void *to, u32 size, const void *from) = (void *)112;
/* Since 5.11. */
static void *(*const bpf_task_storage_get)(void *map, struct task_struct *task, void *value, u64 flags) = (void *)156;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
/* The value of the thread that runs: made when it is asked for first, 0 when there is no memory. */
#define OWN_VALUE(map) bpf_task_storage_get(&(map), bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE)
/* The instruction that a uprobe link with many places is at; for such programs since 6.6. */
static u64 (*const bpf_get_func_ip)(void *context) = (void *)173;
/* Since 5.15. */
static u64 (*const bpf_get_attach_cookie)(void *context) = (void *)174;
/* Since 5.17. */
static long (*const bpf_loop)(u32 times, void *callback, void *context, u64 flags) = (void *)181;
/* Since 5.18, for programs that may sleep. */
static long (*const bpf_copy_from_user_task)(void *to, u32 size, const void *from, struct task_struct *task, u64 flags) = (void *)191;
/* Since 5.8. */
static long (*const bpf_ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static u64 (*const bpf_ringbuf_query)(void *ring, u64 flags) = (void *)134;

/*
 * Work that a task does itself before it returns to user space. Linux 6.18 calls it `_impl`, with an argument of the verifier's own at
 * the end; later ones have the other, and where they have both, that one is for programs.
 */
struct bpf_task_work {
	u64 opaque;
};

/* Whole, or it were another kind of type than the kernel's. */
struct bpf_map {
	u32 id;
} RELOCATED;

typedef int (*task_work_callback)(struct bpf_map *map, void *key, void *value);

#define KERNEL_FUNCTION __attribute__((section(".ksyms"), weak))
extern int bpf_task_work_schedule_resume(struct task_struct *task, struct bpf_task_work *work, void *map, task_work_callback callback) KERNEL_FUNCTION;
extern int bpf_task_work_schedule_resume_impl(
	struct task_struct *task, struct bpf_task_work *work, void *map, task_work_callback callback, void *aux__prog) KERNEL_FUNCTION;

#define SCHEDULE_TASK_WORK(task, work, map, callback) (				\
	bpf_task_work_schedule_resume						\
		? bpf_task_work_schedule_resume(task, work, map, callback)	\
		: bpf_task_work_schedule_resume_impl(task, work, map, callback, 0))

#if defined(__TARGET_ARCH_x86)

/* The whole record, in the order that asm/ptrace.h promises to user space: it needs no relocation, and so no BTF. */
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

#define ARGUMENT_1(regs) ((regs)->di)
#define ARGUMENT_2(regs) ((regs)->si)
#define ARGUMENT_3(regs) ((regs)->dx)
#define ARGUMENT_4(regs) ((regs)->cx)
#define ARGUMENT_5(regs) ((regs)->r8)
#define ARGUMENT_6(regs) ((regs)->r9)
/* A system call has its fourth argument elsewhere, and leaves all of them as they are. */
#define SYSTEM_CALL_ARGUMENT_4(regs) ((regs)->r10)
#define RESULT(regs) ((regs)->ax)
#define INSTRUCTION_POINTER(regs) ((regs)->ip)
#define STACK_POINTER(regs) ((regs)->sp)
#define FRAME_POINTER(regs) ((regs)->bp)
/* `call` pushed the return address, `ret` popped it: where it was, seen at the entry and after the return. */
#define ENTRY_SLOT(regs) ((regs)->sp)
#define EXIT_SLOT(regs) ((regs)->sp - 8)
#define SLOT_BELOW(cfa) ((cfa) - 8)
#define LINK_REGISTER_OR_0(regs) 0
/* What a signal handler returns to: mov $15,%rax; syscall. And where a signal has saved registers, from its stack pointer on
 * (struct rt_sigframe without its first word, and struct sigcontext). */
#define SIGNAL_RETURN_CODE 0x0f0000000fc0c748ULL
#define SIGNAL_FRAME_POINTER 120
#define SIGNAL_STACK_POINTER 160
#define SIGNAL_INSTRUCTION_POINTER 168

/* Every call has put its return address right below the canonical frame address, and nothing is added to it. */
#define RETURN_ADDRESS_AT(cfa, words) ((cfa) - 8)
#define CODE_ADDRESS(address) (address)
/* How the kernel names the return address that a return probe replaced: by where it was. */
#define HIJACKED_SLOT(cfa, return_address_at) (return_address_at)

#elif defined(__TARGET_ARCH_arm64)

/* The part of the record that asm/ptrace.h promises to user space (struct user_pt_regs), which comes first in it. */
struct pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
};

#define ARGUMENT_1(regs_) ((regs_)->regs[0])
#define ARGUMENT_2(regs_) ((regs_)->regs[1])
#define ARGUMENT_3(regs_) ((regs_)->regs[2])
#define ARGUMENT_4(regs_) ((regs_)->regs[3])
#define ARGUMENT_5(regs_) ((regs_)->regs[4])
#define ARGUMENT_6(regs_) ((regs_)->regs[5])
/* A system call leaves all arguments but the first as they are. */
#define SYSTEM_CALL_ARGUMENT_4(regs_) ((regs_)->regs[3])
#define RESULT(regs_) ((regs_)->regs[0])
#define INSTRUCTION_POINTER(regs_) ((regs_)->pc)
#define STACK_POINTER(regs_) ((regs_)->sp)
#define FRAME_POINTER(regs_) ((regs_)->regs[29])
/* The return address is in a register at the entry. A call is known by its stack pointer, the same before and after it. */
#define LINK_REGISTER(regs_) ((regs_)->regs[30])
#define LINK_REGISTER_OR_0(regs_) LINK_REGISTER(regs_)
#define ENTRY_SLOT(regs_) ((regs_)->sp)
#define EXIT_SLOT(regs_) ((regs_)->sp)
#define SLOT_BELOW(cfa) (cfa)
/* mov x8, #139; svc #0. And struct rt_sigframe: siginfo, then ucontext, whose sigcontext is aligned to 16. */
#define SIGNAL_RETURN_CODE 0xd4000001d2801168ULL
#define SIGNAL_FRAME_POINTER 544
#define SIGNAL_STACK_POINTER 560
#define SIGNAL_INSTRUCTION_POINTER 568
/* Functions save it where they like. Above the 48 bits of addresses are the pointer's signature and its tag. */
#define RETURN_ADDRESS_AT(cfa, words) ((cfa) + (words) * 8)
#define CODE_ADDRESS(address) ((address) & ((1ULL << 48) - 1))
/* By the stack pointer at the entry, which is the canonical frame address (arch_uretprobe_hijack_return_addr). */
#define HIJACKED_SLOT(cfa, return_address_at) (cfa)

#else
#error "no register access for this architecture"
#endif

#endif
