// Questions whose answers differ between the kernels of Debian 11 (5.10), Debian 13 (6.12) and 6.18.
// Each function returns the answer to one CO-RE relocation.
#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))

typedef unsigned long long u64;

struct task_struct {
	unsigned int __state;
	int tgid;
	u64 start_boottime;
	unsigned in_execve : 1;
	char comm[16];
} CORE;

struct task_struct___before_5_14 {
	long state;
} CORE;

struct folio { u64 flags; } CORE;
struct hd_struct { u64 start_sect; } CORE;
struct iosys_map { int is_iomem; } CORE;

enum bpf_attach_type { BPF_TRACE_UPROBE_SESSION = 1, __MAX_BPF_ATTACH_TYPE = 2 };

#define FIELD(type, field, kind) __builtin_preserve_field_info(((struct type *)0)->field, kind)
#define ANSWER(name, expression) SEC("socket") int name(void *ctx) { return expression; }

ANSWER(offset_of_tgid, FIELD(task_struct, tgid, 0))
ANSWER(offset_of_start_boottime, FIELD(task_struct, start_boottime, 0))
ANSWER(offset_of_comm, FIELD(task_struct, comm, 0))
ANSWER(size_of_comm, FIELD(task_struct, comm, 1))
ANSWER(has_state, FIELD(task_struct___before_5_14, state, 2))
ANSWER(has_new_state, FIELD(task_struct, __state, 2))
ANSWER(size_of_state, FIELD(task_struct___before_5_14, state, 1))
ANSWER(left_shift_of_in_execve, FIELD(task_struct, in_execve, 4))
ANSWER(right_shift_of_in_execve, FIELD(task_struct, in_execve, 5))
ANSWER(has_folio, __builtin_preserve_type_info(*(struct folio *)0, 0))
ANSWER(has_hd_struct, __builtin_preserve_type_info(*(struct hd_struct *)0, 0))
ANSWER(has_iosys_map, __builtin_preserve_type_info(*(struct iosys_map *)0, 0))
ANSWER(size_of_task, __builtin_preserve_type_info(*(struct task_struct *)0, 1))
ANSWER(has_uprobe_sessions, __builtin_preserve_enum_value(*(enum bpf_attach_type *)BPF_TRACE_UPROBE_SESSION, 0))
ANSWER(attach_types, __builtin_preserve_enum_value(*(enum bpf_attach_type *)__MAX_BPF_ATTACH_TYPE, 1))

char LICENSE[] SEC("license") = "GPL";
