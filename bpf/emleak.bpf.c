// SPDX-License-Identifier: BSD-3-Clause
/*
 * Pairs every allocation of one process with its release.
 *
 * One program for the entry of every allocator function, one for the return. What the function is, the entry knows by its
 * probe's cookie (probes.h), and the return by what the entry noted (calls.h). Only the outermost of nested allocator calls
 * counts: calloc calls malloc, malloc calls mmap, and each of them is one allocation.
 */
#include "blocks.h"
#include "calls.h"
#include "mappings.h"
#include "probes.h"

/* Types that no map and no variable mentions, for the bindings. */
struct mapping_event *mapping_event_type;
struct process_event *process_event_type;
struct watched_name *watched_name_type;
struct stop *stop_type;
struct continuation *continuation_type;
enum shape shape_type;
enum sampling_units sampling_units_type;

/* ---- the heap ---- */

inline_always int enter_allocation(struct pt_regs *regs, u64 cookie)
{
	struct call *call = enter(regs, SHAPE_ALLOCATE);

	if (!call)
		return WITHOUT_RETURN;
	call->size = size_asked_for(regs, cookie);
	call->result_at = argument(regs, FIELD(cookie, result));
	call->old_address = 0;
	if (selects && !is_selected(&call->distance, call->size))
		return pass_over(regs, call);
	return WITH_RETURN;
}

/*
 * The old block leaves the books before the allocator can hand its address to another thread. In a nested call it was
 * released as well, whatever the outer call makes of it.
 */
inline_always int enter_reallocation(struct pt_regs *regs, u64 cookie)
{
	u64 old_address = argument(regs, FIELD(cookie, block));
	struct allocation old = {};
	int taken = old_address && take_block(old_address, &old);
	struct call *call = enter(regs, SHAPE_REALLOCATE);

	if (!call)
		return WITHOUT_RETURN;
	call->size = size_asked_for(regs, cookie);
	call->result_at = argument(regs, FIELD(cookie, result));
	call->old_address = taken ? old_address : 0;
	call->old = old;
	if (!selects || is_selected(&call->distance, call->size))
		return WITH_RETURN;
	/* Whether the old block goes for good is known at the return. */
	call->counts = 0;
	return taken ? WITH_RETURN : pass_over(regs, call);
}

inline_always int enter_release(struct pt_regs *regs, u64 cookie)
{
	u64 address = argument(regs, FIELD(cookie, block));

	if (address)
		release_block(address);
	return WITHOUT_RETURN;
}

/* The block that a call gave: false when there is none to count. */
inline_always int has_allocated(struct pt_regs *regs, const struct call *call, u64 *address)
{
	*address = RESULT(regs);
	if (call->result_at) {
		int failed = (s32)*address != 0;

		*address = 0;
		if (!failed && bpf_probe_read_user(address, sizeof(*address), (void *)call->result_at)) {
			count(unreadable_results, 1);
			return 0;
		}
	}
	/* A failed realloc left the old block alone; realloc(p, 0) released it. */
	if (!*address && call->old_address && call->size)
		put_block(call->old_address, &call->old);
	return *address && call->counts;
}

inline_always int enter_resize(struct pt_regs *regs, u64 cookie)
{
	/* A sample stands for blocks of the size that it was drawn by. */
	struct call *call = sample_bytes ? 0 : enter(regs, SHAPE_RESIZE);

	if (!call)
		return WITHOUT_RETURN;
	call->size = argument(regs, FIELD(cookie, size));
	call->old.size = argument(regs, FIELD(cookie, count));
	call->old_address = argument(regs, FIELD(cookie, block));
	return WITH_RETURN;
}

/* What counts is what was asked for, as everywhere, not what the allocator made of it. The block stays its stack's. */
inline_always void leave_resize(struct pt_regs *regs, const struct call *call)
{
	u64 largest = call->size + call->old.size, size = RESULT(regs);
	struct allocation block;

	if (size < call->size || largest < call->size || !take_block(call->old_address, &block))
		return;
	block.size = size < largest ? size : largest;
	put_block(call->old_address, &block);
}

/* ---- mappings ---- */

inline_always int is_error(u64 result)
{
	return result > -4096ULL;
}

/* mmap(hint, length, ...). */
inline_always int enter_mmap(struct pt_regs *regs)
{
	struct call *call = enter(regs, SHAPE_MMAP);

	if (!call)
		return WITHOUT_RETURN;
	call->size = ARGUMENT_2(regs);
	call->old_address = 0;
	return WITH_RETURN;
}

/* munmap(address, length): told before it happens, since another thread may be given the address right after. */
inline_always int enter_munmap(struct pt_regs *regs)
{
	struct call *call;

	tell(regs, MAPPING_REMOVED, ARGUMENT_1(regs), ARGUMENT_2(regs), 0);
	call = enter(regs, SHAPE_MUNMAP);
	if (!call)
		return WITHOUT_RETURN;
	/* What is put back if it fails, be it at address 0. */
	call->old_address = ~0ULL;
	return WITH_RETURN;
}

/* mremap(address, old length, length, flags, ...). realloc moves large blocks with it: nested, and its own business. */
inline_always int enter_mremap(struct pt_regs *regs)
{
	enum { MREMAP_DONTUNMAP = 4 };
	struct call *call = enter(regs, SHAPE_MREMAP);

	if (!call)
		return WITHOUT_RETURN;
	call->size = ARGUMENT_3(regs);
	call->old_address = ARGUMENT_4(regs) & MREMAP_DONTUNMAP ? 0 : ARGUMENT_1(regs);
	if (call->old_address)
		tell(regs, MAPPING_REMOVED, call->old_address, ARGUMENT_2(regs), 0);
	return WITH_RETURN;
}

/* The mapping that a call made: false when there is none to count. */
inline_always int has_mapped(struct pt_regs *regs, const struct call *call, u64 *address)
{
	*address = RESULT(regs);
	if (call->shape == SHAPE_MUNMAP ? (s32)*address != 0 : is_error(*address)) {
		if (call->old_address)
			tell(regs, MAPPING_KEPT, 0, 0, 0);
		return 0;
	}
	if (call->shape == SHAPE_MUNMAP || has_counted_size(call->size))
		return call->shape != SHAPE_MUNMAP;
	/* Sampling leaves mappings alone: they are few, and large. One that does not count still takes the place of what was there. */
	tell(regs, MAPPING_REMOVED, *address, call->size, 0);
	return 0;
}

/* ---- programs ---- */

inline_always int enter_any(struct pt_regs *regs)
{
	u64 cookie;

	if (!is_target())
		return WITHOUT_RETURN;
	cookie = current_cookie(regs);
	switch (FIELD(cookie, shape)) {
	case SHAPE_RELEASE:
		return enter_release(regs, cookie);
	case SHAPE_ALLOCATE:
		return enter_allocation(regs, cookie);
	case SHAPE_REALLOCATE:
		return enter_reallocation(regs, cookie);
	case SHAPE_RESIZE:
		return enter_resize(regs, cookie);
	case SHAPE_MMAP:
		return enter_mmap(regs);
	case SHAPE_MUNMAP:
		return enter_munmap(regs);
	case SHAPE_MREMAP:
		return enter_mremap(regs);
	}
	return WITHOUT_RETURN;
}

inline_always int leave_any(struct pt_regs *regs)
{
	struct call *call = leave(regs);
	struct allocation block;
	int is_heap;
	u64 address;

	if (!call)
		return 0;
	if (call->shape == SHAPE_RESIZE) {
		leave_resize(regs, call);
		return 0;
	}
	is_heap = call->shape <= SHAPE_REALLOCATE;
	if (!(is_heap ? has_allocated(regs, call, &address) : has_mapped(regs, call, &address)))
		return 0;
	block.size = call->size;
	block.stack = current_stack(regs);
	if (is_heap)
		put_block(address, &block);
	else
		tell(regs, MAPPING_ADDED, address, block.size, block.stack);
	return 0;
}

/* For both, where one program can (6.13). At a return the instruction pointer is the caller's, at an entry the probe's own. */
SEC("?uprobe.session")
int emleak_session(struct pt_regs *regs)
{
	keep_own_stack(regs);
	return INSTRUCTION_POINTER(regs) == bpf_get_func_ip(regs) ? enter_any(regs) : leave_any(regs);
}

SEC("?uprobe")
int emleak_enter(struct pt_regs *regs)
{
	keep_own_stack(regs);
	return enter_any(regs);
}

SEC("?uretprobe")
int emleak_return(struct pt_regs *regs)
{
	keep_own_stack(regs);
	return leave_any(regs);
}

/* Whose link, when it goes, makes the kernel look which processes still have breakpoints that nobody wants. */
SEC("?uprobe")
int emleak_nothing(struct pt_regs *regs)
{
	(void)regs;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
