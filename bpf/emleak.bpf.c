// SPDX-License-Identifier: BSD-3-Clause
/*
 * Pairs every allocation of one process with its release.
 *
 * Attached to each allocator function's entry and return. Only the outermost of nested allocator calls counts: calloc
 * calls malloc, malloc calls mmap, and each of them is one allocation.
 */
#include "kernel.h"
#include "stack.h"

/* The process, as the kernel's initial namespace numbers it. */
const volatile u32 target_pid;

struct counters counters;

/* Types that travel through ring buffers: no map mentions them, so this does, for the bindings. */
struct mapping_event *mapping_event_type;
struct execution_event *execution_event_type;

/* An allocator call in flight. Key: the thread. */
struct call {
	/* Where its return address was, and what it was before the kernel put the return probe's trampoline there. */
	u64 slot;
	u64 return_address;
	/* Calls that took the place of this one: functions that it left with a jump. */
	u64 tail_calls;
	u64 size;
	/* posix_memalign: where the result goes. */
	u64 result_at;
	/* realloc: the block that was taken out, to be put back if the call fails. */
	u64 old_address;
	struct allocation old;
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 16384);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct call);
} calls SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4194304);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct allocation);
} allocations SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 65537);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct total);
} totals SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, 16 * 1024 * 1024);
} mapping_changes SEC(".maps");

#define count(counter, n) __sync_fetch_and_add(&counters.counter, n)

/* A child of vfork shares the process's memory, and so its breakpoints: it is not the process. */
inline_always int is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target_pid;
}

inline_always u32 current_thread(void)
{
	return (u32)bpf_get_current_pid_tgid();
}

/* ---- totals ---- */

inline_always void add_to_total(u64 stack, s64 bytes, s64 blocks)
{
	struct total *total = bpf_map_lookup_elem(&totals, &stack);

	if (!total)
		return;
	__sync_fetch_and_add(&total->bytes, bytes);
	__sync_fetch_and_add(&total->count, blocks);
}

/* The key of the current stack, which has its entry in `totals` from now on: 0 when there is no room for a new one. */
inline_always u64 current_stack(struct pt_regs *regs)
{
	static const volatile struct total nothing;
	u64 key = stack_key(regs);

	if (bpf_map_lookup_elem(&totals, &key))
		return key;
	if (store_stack(regs, key)) {
		long error = bpf_map_update_elem(&totals, &key, (const void *)&nothing, BPF_NOEXIST);

		if (!error || error == -EEXIST)
			return key;
	}
	count(unrecorded_stacks, 1);
	return 0;
}

/* ---- blocks ---- */

inline_always int take_block(u64 address, struct allocation *taken)
{
	struct allocation *block = bpf_map_lookup_elem(&allocations, &address);

	if (!block)
		return 0;
	*taken = *block;
	/* Of two threads that release one block at the same time, one finds it gone. */
	if (bpf_map_delete_elem(&allocations, &address))
		return 0;
	add_to_total(taken->stack, -taken->size, -1);
	return 1;
}

inline_always void put_block(u64 address, const struct allocation *block)
{
	long error = bpf_map_update_elem(&allocations, &address, block, BPF_NOEXIST);

	if (error == -EEXIST) {
		struct allocation replaced;

		count(missed_releases, 1);
		take_block(address, &replaced);
		error = bpf_map_update_elem(&allocations, &address, block, BPF_ANY);
	}
	if (error) {
		count(untracked_blocks, 1);
		count(untracked_bytes, block->size);
		return;
	}
	add_to_total(block->stack, block->size, 1);
}

inline_always void release_block(u64 address)
{
	struct allocation released;

	if (!take_block(address, &released))
		count(unknown_releases, 1);
}

/* ---- calls in flight ---- */

/*
 * True while `outer` has not returned when the thread calls with its return address at `slot`.
 *
 * A call may be left by longjmp or an exception. Then either the stack has shrunk above its slot, or the slot is used
 * again by the next call that is as deep. Until then the slot holds the return probe's trampoline: the start of a page
 * of the kernel's own (xol_add_vma in kernel/events/uprobes.c).
 */
inline_always int is_in_flight(const struct call *outer, u64 slot)
{
	u64 value = 0;

	if (slot > outer->slot || bpf_probe_read_user(&value, sizeof(value), (void *)outer->slot))
		return 0;
	return value && value % 4096 == 0 && value != outer->return_address;
}

/* Notes an allocator call. False when it is nested in another one. */
noinline int enter(struct pt_regs *regs, struct call *call)
{
	u32 thread = current_thread();
	struct call *outer = bpf_map_lookup_elem(&calls, &thread);

	call->slot = ENTRY_SLOT(regs);
	if (outer) {
		if (is_in_flight(outer, call->slot)) {
			if (outer->slot == call->slot)
				outer->tail_calls++;
			return 0;
		}
		count(abandoned_calls, 1);
	}
	bpf_probe_read_user(&call->return_address, sizeof(call->return_address), (void *)call->slot);
	if (bpf_map_update_elem(&calls, &thread, call, BPF_ANY)) {
		count(untracked_calls, 1);
		return 0;
	}
	return 1;
}

/* Gives back what the returning call noted when it was entered. False for a nested call. */
inline_always int leave(struct pt_regs *regs, struct call *call)
{
	u32 thread = current_thread();
	struct call *current = bpf_map_lookup_elem(&calls, &thread);

	if (!current || current->slot != EXIT_SLOT(regs))
		return 0;
	/* The kernel runs the return probes of a chain of tail calls from the last one to the first. */
	if (current->tail_calls) {
		current->tail_calls--;
		return 0;
	}
	*call = *current;
	bpf_map_delete_elem(&calls, &thread);
	return 1;
}

inline_always void finish_allocation(struct pt_regs *regs, const struct call *call, u64 address)
{
	struct allocation block = {};

	if (!address) {
		/* A failed realloc left the old block alone; realloc(p, 0) released it. */
		if (call->old_address && call->size)
			put_block(call->old_address, &call->old);
		return;
	}
	block.size = call->size;
	block.stack = current_stack(regs);
	put_block(address, &block);
}

inline_always int enter_allocation(struct pt_regs *regs, u64 size)
{
	struct call call = { .size = size };

	if (is_target())
		enter(regs, &call);
	return 0;
}

/*
 * The old block leaves the books before the allocator can hand its address to another thread. In a nested call it was
 * released as well, whatever the outer call makes of it.
 */
inline_always int enter_reallocation(struct pt_regs *regs, u64 old_address, u64 size)
{
	struct call call = { .size = size };

	if (!is_target())
		return 0;
	if (old_address && take_block(old_address, &call.old))
		call.old_address = old_address;
	enter(regs, &call);
	return 0;
}

/* An overflowing product makes the call fail; it must not look like a request for nothing. */
inline_always u64 product(u64 count, u64 size)
{
	u64 bytes = count * size;

	/* Else clang sees an overflow check, and calls a 128-bit multiplication that BPF does not have. */
	barrier_var(bytes);
	return count && bytes / count != size ? ~0ULL : bytes;
}

/* ---- the heap ---- */

/* malloc(size), valloc(size), pvalloc(size), and the user's own allocator. */
SEC("uprobe")
int malloc_enter(struct pt_regs *regs)
{
	return enter_allocation(regs, ARGUMENT_1(regs));
}

SEC("uprobe")
int calloc_enter(struct pt_regs *regs)
{
	return enter_allocation(regs, product(ARGUMENT_1(regs), ARGUMENT_2(regs)));
}

/* memalign(alignment, size), aligned_alloc(alignment, size). */
SEC("uprobe")
int memalign_enter(struct pt_regs *regs)
{
	return enter_allocation(regs, ARGUMENT_2(regs));
}

SEC("uprobe")
int realloc_enter(struct pt_regs *regs)
{
	return enter_reallocation(regs, ARGUMENT_1(regs), ARGUMENT_2(regs));
}

SEC("uprobe")
int reallocarray_enter(struct pt_regs *regs)
{
	return enter_reallocation(regs, ARGUMENT_1(regs), product(ARGUMENT_2(regs), ARGUMENT_3(regs)));
}

SEC("uretprobe")
int allocation_exit(struct pt_regs *regs)
{
	struct call call;

	if (is_target() && leave(regs, &call))
		finish_allocation(regs, &call, RESULT(regs));
	return 0;
}

/* posix_memalign(result, alignment, size). */
SEC("uprobe")
int posix_memalign_enter(struct pt_regs *regs)
{
	struct call call = { .size = ARGUMENT_3(regs), .result_at = ARGUMENT_1(regs) };

	if (is_target())
		enter(regs, &call);
	return 0;
}

SEC("uretprobe")
int posix_memalign_exit(struct pt_regs *regs)
{
	struct call call;
	u64 address = 0;

	if (!is_target() || !leave(regs, &call) || (s32)RESULT(regs) != 0)
		return 0;
	if (bpf_probe_read_user(&address, sizeof(address), (void *)call.result_at)) {
		count(unreadable_results, 1);
		return 0;
	}
	finish_allocation(regs, &call, address);
	return 0;
}

/* free(block), and the user's own. */
SEC("uprobe")
int free_enter(struct pt_regs *regs)
{
	u64 address = ARGUMENT_1(regs);

	if (address && is_target())
		release_block(address);
	return 0;
}

/* ---- mappings ---- */

/*
 * Mappings are cut, moved and replaced by parts, which takes an ordered set: user space keeps it, from these events.
 * A wake-up costs the traced thread more than the event does; the reader comes by itself unless the ring fills up.
 */
inline_always void tell(enum mapping_change change, u64 address, u64 length, u64 stack)
{
	struct mapping_event event = {
		.change = change,
		.tid = current_thread(),
		.address = address,
		.length = length,
		.stack = stack,
	};
	u64 waiting = bpf_ringbuf_query(&mapping_changes, BPF_RB_AVAIL_DATA);
	u64 flags = waiting > 4 * 1024 * 1024 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;

	if (bpf_ringbuf_output(&mapping_changes, &event, sizeof(event), flags))
		count(lost_mapping_events, 1);
}

inline_always int is_error(u64 result)
{
	return result > -4096ULL;
}

/* mmap(hint, length, ...). */
SEC("uprobe")
int mmap_enter(struct pt_regs *regs)
{
	return enter_allocation(regs, ARGUMENT_2(regs));
}

SEC("uretprobe")
int mmap_exit(struct pt_regs *regs)
{
	struct call call;

	if (is_target() && leave(regs, &call) && !is_error(RESULT(regs)))
		tell(MAPPING_ADDED, RESULT(regs), call.size, current_stack(regs));
	return 0;
}

/* munmap(address, length): told before it happens, since another thread may be given the address right after. */
SEC("uprobe")
int munmap_enter(struct pt_regs *regs)
{
	struct call call = { .size = ARGUMENT_2(regs), .old_address = ARGUMENT_1(regs) };

	if (!is_target())
		return 0;
	enter(regs, &call);
	tell(MAPPING_REMOVED, call.old_address, call.size, 0);
	return 0;
}

SEC("uretprobe")
int munmap_exit(struct pt_regs *regs)
{
	struct call call;

	if (is_target() && leave(regs, &call) && (s32)RESULT(regs) != 0)
		tell(MAPPING_KEPT, call.old_address, call.size, 0);
	return 0;
}

/* mremap(address, old length, length, flags, ...). */
SEC("uprobe")
int mremap_enter(struct pt_regs *regs)
{
	enum { MREMAP_DONTUNMAP = 4 };
	struct call call = { .size = ARGUMENT_3(regs) };

	if (!is_target())
		return 0;
	if (!(ARGUMENT_4(regs) & MREMAP_DONTUNMAP))
		call.old_address = ARGUMENT_1(regs);
	/* realloc moves large blocks with mremap: nested, and its own business. */
	if (enter(regs, &call) && call.old_address)
		tell(MAPPING_REMOVED, call.old_address, ARGUMENT_2(regs), 0);
	return 0;
}

SEC("uretprobe")
int mremap_exit(struct pt_regs *regs)
{
	struct call call;

	if (!is_target() || !leave(regs, &call))
		return 0;
	if (!is_error(RESULT(regs)))
		tell(MAPPING_ADDED, RESULT(regs), call.size, current_stack(regs));
	else if (call.old_address)
		tell(MAPPING_KEPT, call.old_address, 0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
