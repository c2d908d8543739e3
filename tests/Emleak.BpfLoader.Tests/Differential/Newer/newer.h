/* What the objects of this folder share, by hand, so that they need no installed headers. */
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32; typedef unsigned long long __u64;
typedef signed char __s8; typedef short __s16; typedef int __s32; typedef long long __s64;
typedef _Bool bool;

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { name##__value = val } name
#define __noinline __attribute__((noinline))
#define __hidden __attribute__((visibility("hidden")))
#define __weak __attribute__((weak))
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __core __attribute__((preserve_access_index))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __contains(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))
#define __tag(text) __attribute__((btf_decl_tag(text)))

enum {
	HASH = 1, ARRAY, PROG_ARRAY, PERF_EVENT_ARRAY, PERCPU_HASH, PERCPU_ARRAY, STACK_TRACE, CGROUP_ARRAY, LRU_HASH, LRU_PERCPU_HASH,
	LPM_TRIE, ARRAY_OF_MAPS, HASH_OF_MAPS, DEVMAP, SOCKMAP, CPUMAP, XSKMAP, SOCKHASH, CGROUP_STORAGE, REUSEPORT_SOCKARRAY,
	PERCPU_CGROUP_STORAGE, QUEUE, STACK, SK_STORAGE, DEVMAP_HASH, STRUCT_OPS, RINGBUF, INODE_STORAGE, TASK_STORAGE, BLOOM_FILTER,
	USER_RINGBUF, CGRP_STORAGE, ARENA,
};

static void *(*bpf_map_lookup_elem)(void *, const void *) = (void *)1;
static long (*bpf_map_update_elem)(void *, const void *, const void *, __u64) = (void *)2;
static long (*bpf_map_delete_elem)(void *, const void *) = (void *)3;
static __u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static long (*bpf_tail_call)(void *, void *, __u32) = (void *)12;
static __u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*bpf_perf_event_output)(void *, void *, __u64, void *, __u64) = (void *)25;
static long (*bpf_get_stackid)(void *, void *, __u64) = (void *)27;
static __u64 (*bpf_get_current_task)(void) = (void *)35;
static long (*bpf_map_push_elem)(void *, const void *, __u64) = (void *)87;
static long (*bpf_map_pop_elem)(void *, void *) = (void *)88;
static long (*bpf_map_peek_elem)(void *, void *) = (void *)89;
static long (*bpf_spin_lock)(void *) = (void *)93;
static long (*bpf_spin_unlock)(void *) = (void *)94;
static void *(*bpf_ringbuf_reserve)(void *, __u64, __u64) = (void *)131;
static void (*bpf_ringbuf_submit)(void *, __u64) = (void *)132;
static long (*bpf_probe_read_kernel)(void *, __u32, const void *) = (void *)113;
static void *(*bpf_task_storage_get)(void *, void *, void *, __u64) = (void *)156;
static void *(*bpf_get_current_task_btf)(void) = (void *)158;
static void *(*bpf_per_cpu_ptr)(const void *, __u32) = (void *)153;
static void *(*bpf_this_cpu_ptr)(const void *) = (void *)154;
static long (*bpf_for_each_map_elem)(void *, void *, void *, __u64) = (void *)164;
static long (*bpf_timer_init)(void *, void *, __u64) = (void *)169;
static long (*bpf_timer_set_callback)(void *, void *) = (void *)170;
static long (*bpf_timer_start)(void *, __u64, __u64) = (void *)171;
static long (*bpf_timer_cancel)(void *) = (void *)172;
static long (*bpf_find_vma)(void *, __u64, void *, void *, __u64) = (void *)180;
static long (*bpf_loop)(__u32, void *, void *, __u64) = (void *)181;
static void *(*bpf_kptr_xchg)(void *, void *) = (void *)194;
static void *(*bpf_map_lookup_percpu_elem)(void *, const void *, __u32) = (void *)195;
static long (*bpf_dynptr_from_mem)(void *, __u32, __u64, void *) = (void *)197;
static long (*bpf_ringbuf_reserve_dynptr)(void *, __u32, __u64, void *) = (void *)198;
static void (*bpf_ringbuf_submit_dynptr)(void *, __u64) = (void *)199;
static long (*bpf_dynptr_read)(void *, __u32, const void *, __u32, __u64) = (void *)201;
static long (*bpf_dynptr_write)(const void *, __u32, void *, __u32, __u64) = (void *)202;
static long (*bpf_user_ringbuf_drain)(void *, void *, void *, __u64) = (void *)209;
static void *(*bpf_cgrp_storage_get)(void *, void *, void *, __u64) = (void *)210;

char _license[] SEC("license") = "GPL";
