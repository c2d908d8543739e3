// SPDX-License-Identifier: BSD-3-Clause
/*
 * Pairs every allocation of one process with its release.
 *
 * One program for the entries of all allocator functions and for places within them, one for their returns. What is there, the first
 * knows by its probe's cookie (probes.h), and the end of a call is understood by what its entry noted (calls.h). Only the outermost
 * of nested allocator calls counts (nesting.h): calloc calls malloc, malloc calls mmap, and each of them is one allocation.
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
struct exit_cookie *exit_cookie_type;
enum allocator_limits allocator_limits_type;

/* ---- entries ---- */

/* Begins a call: nothing when it is nested in one whose return is trapped. */
noinline struct call *begin(struct pt_regs *regs, u64 cookie)
{
	enum shape shape = FIELD(cookie, shape);

	return FIELD(cookie, has_exits) ? enter_with_exits(regs, shape) : enter(regs, shape);
}

/* How the entry program ends when the call's own end is to be seen. */
inline_always int await_end(u64 cookie)
{
	return FIELD(cookie, has_exits) ? WITHOUT_RETURN : WITH_RETURN;
}

/* A call that does not count. */
inline_always int leave_out(struct pt_regs *regs, u64 cookie, struct call *call)
{
	if (!FIELD(cookie, has_exits))
		return pass_over(regs, call);
	forget_call_with_exits(ENTRY_SLOT(regs));
	return WITHOUT_RETURN;
}

inline_always int is_call_selected(u64 size)
{
	struct call *call = current_call();

	return !call || is_selected(&call->distance, size);
}

inline_always int enter_allocation(struct pt_regs *regs, u64 cookie)
{
	struct call *call = begin(regs, cookie);

	if (!call)
		return WITHOUT_RETURN;
	call->size = size_asked_for(regs, cookie);
	call->result_at = argument(regs, FIELD(cookie, result));
	call->old_address = 0;
	if (selects && !is_call_selected(call->size))
		return leave_out(regs, cookie, call);
	return await_end(cookie);
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
	struct call *call = begin(regs, cookie);

	if (!call)
		return WITHOUT_RETURN;
	call->size = size_asked_for(regs, cookie);
	call->result_at = argument(regs, FIELD(cookie, result));
	call->old_address = taken && !FIELD(cookie, always_releases) ? old_address : 0;
	call->old = old;
	if (!selects || is_call_selected(call->size))
		return await_end(cookie);
	/* Whether the old block goes for good is known at the return. */
	call->counts = 0;
	return call->old_address ? await_end(cookie) : leave_out(regs, cookie, call);
}

inline_always int enter_release(struct pt_regs *regs, u64 cookie)
{
	u64 address = argument(regs, FIELD(cookie, block));

	if (address)
		release_block(address);
	return WITHOUT_RETURN;
}

inline_always int enter_resize(struct pt_regs *regs, u64 cookie)
{
	/* A sample stands for blocks of the size that it was drawn by. */
	struct call *call = sample_bytes ? 0 : begin(regs, cookie);

	if (!call)
		return WITHOUT_RETURN;
	call->size = argument(regs, FIELD(cookie, size));
	call->old.size = argument(regs, FIELD(cookie, count));
	call->old_address = argument(regs, FIELD(cookie, block));
	return await_end(cookie);
}

/* mmap(hint, length, ...), where the system call itself is not in the function. */
inline_always int enter_mmap(struct pt_regs *regs, u64 cookie)
{
	struct call *call = begin(regs, cookie);

	if (!call)
		return WITHOUT_RETURN;
	call->size = ARGUMENT_2(regs);
	return await_end(cookie);
}

/* munmap(address, length): told before it happens, since another thread may be given the address right after. */
inline_always int enter_munmap(struct pt_regs *regs, u64 cookie)
{
	tell(regs, MAPPING_REMOVED, ARGUMENT_1(regs), ARGUMENT_2(regs), 0);
	if (FIELD(cookie, has_exits))
		begin(regs, cookie);
	return WITHOUT_RETURN;
}

enum { MREMAP_DONTUNMAP = 4 };

/* mremap(address, old length, length, flags, ...). */
inline_always int enter_mremap(struct pt_regs *regs, u64 cookie)
{
	int removes = !(ARGUMENT_4(regs) & MREMAP_DONTUNMAP);
	struct call *call;

	if (removes)
		tell(regs, MAPPING_REMOVED, ARGUMENT_1(regs), ARGUMENT_2(regs), 0);
	if (!FIELD(cookie, has_exits) || !(call = begin(regs, cookie)))
		return WITHOUT_RETURN;
	call->size = ARGUMENT_3(regs);
	call->old_address = removes;
	return WITHOUT_RETURN;
}

/* ---- ends ---- */

/* The block that a call gave: false when there is none to count. */
inline_always int has_allocated(const struct call *call, u64 *address)
{
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

/* What counts is what was asked for, as everywhere, not what the allocator made of it. The block stays its stack's. */
inline_always void end_resize(const struct call *call, u64 size)
{
	u64 largest = call->size + call->old.size;
	struct allocation block;

	if (size < call->size || largest < call->size || !take_block(call->old_address, &block))
		return;
	block.size = size < largest ? size : largest;
	put_block(call->old_address, &block);
}

inline_always int is_error(u64 result)
{
	return result > -4096ULL;
}

shared int tell_mapping(struct pt_regs *regs, const struct caller *caller, u64 address, u64 length)
{
	u32 stack;

	if (!caller)
		return 0;
	/* Sampling leaves mappings alone: they are few, and large. One that does not count still takes the place of what was there. */
	if (!has_counted_size(length)) {
		tell(regs, MAPPING_REMOVED, address, length, 0);
		return 0;
	}
	stack = stack_that_counts(regs, caller, 0);
	if (stack != NESTED)
		tell(regs, MAPPING_ADDED, address, length, stack);
	return 0;
}

/* Without the system call at hand: what these functions give is -1 when they fail. */
inline_always void end_mapping(struct pt_regs *regs, const struct call *call, const struct caller *caller, u64 address)
{
	int has_failed = call->shape == SHAPE_MUNMAP ? (s32)address != 0 : is_error(address);

	if (has_failed && (call->shape == SHAPE_MUNMAP || (call->shape == SHAPE_MREMAP && call->old_address)))
		tell(regs, MAPPING_KEPT, 0, 0, 0);
	if (!has_failed && call->shape != SHAPE_MUNMAP)
		tell_mapping(regs, caller, address, call->size);
}

noinline int end_call(struct pt_regs *regs, const struct call *call, const struct caller *caller, u64 result)
{
	struct allocation block;
	u64 address = result;
	u32 stack;

	if (!call || !caller)
		return 0;
	if (call->shape == SHAPE_RESIZE) {
		end_resize(call, address);
		return 0;
	}
	if (call->shape > SHAPE_REALLOCATE) {
		end_mapping(regs, call, caller, address);
		return 0;
	}
	if (!has_allocated(call, &address))
		return 0;
	stack = stack_that_counts(regs, caller, !call->return_address);
	if (stack == NESTED)
		return 0;
	block.size = call->size;
	block.stack = stack;
	put_block(address, &block);
	return 0;
}

/* ---- places within functions ---- */

/* Just after mmap's system call. */
inline_always void see_mapped(struct pt_regs *regs, u64 cookie)
{
	struct caller caller;

	if (is_error(RESULT(regs)))
		return;
	if (find_caller(regs, cookie, &caller))
		tell_mapping(regs, &caller, RESULT(regs), ARGUMENT_2(regs));
	else
		count(unreadable_results, 1);
}

inline_always void see_remapped(struct pt_regs *regs, u64 cookie)
{
	struct caller caller;

	if (!is_error(RESULT(regs))) {
		if (find_caller(regs, cookie, &caller))
			tell_mapping(regs, &caller, RESULT(regs), ARGUMENT_3(regs));
		else
			count(unreadable_results, 1);
	} else if (!(SYSTEM_CALL_ARGUMENT_4(regs) & MREMAP_DONTUNMAP)) {
		tell(regs, MAPPING_KEPT, 0, 0, 0);
	}
}

inline_always void see_exit(struct pt_regs *regs, u64 cookie)
{
	struct caller caller;
	struct call *call;

	if (!find_caller(regs, cookie, &caller) || !(call = leave_with_exits(&caller)))
		return;
	end_call(regs, call, &caller, EXIT_FIELD(cookie, gives_argument) ? argument(regs, 1) : RESULT(regs));
	forget_call_with_exits(caller.slot);
}

/* ---- programs ---- */

/* Calls that may have their end seen by a return probe. */
inline_always int enter_call(struct pt_regs *regs, u64 cookie)
{
	switch (FIELD(cookie, shape)) {
	case SHAPE_ALLOCATE:
		return enter_allocation(regs, cookie);
	case SHAPE_REALLOCATE:
		return enter_reallocation(regs, cookie);
	case SHAPE_RESIZE:
		return enter_resize(regs, cookie);
	}
	return WITHOUT_RETURN;
}

inline_always int enter_any(struct pt_regs *regs)
{
	u64 cookie;

	if (!is_target())
		return WITHOUT_RETURN;
	cookie = current_cookie(regs);
	switch (FIELD(cookie, shape)) {
	case SHAPE_RELEASE:
		return enter_release(regs, cookie);
	case SHAPE_EXIT:
		see_exit(regs, cookie);
		break;
	case SHAPE_MAPPED:
		see_mapped(regs, cookie);
		break;
	case SHAPE_MUNMAP:
		return enter_munmap(regs, cookie);
	case SHAPE_NOT_UNMAPPED:
		if (is_error(RESULT(regs)))
			tell(regs, MAPPING_KEPT, 0, 0, 0);
		break;
	case SHAPE_MREMAP:
		return enter_mremap(regs, cookie);
	case SHAPE_REMAPPED:
		see_remapped(regs, cookie);
		break;
	case SHAPE_MMAP:
		return enter_mmap(regs, cookie);
	default:
		return enter_call(regs, cookie);
	}
	return WITHOUT_RETURN;
}

/* The entry of a function whose return is seen by the same program. */
inline_always int enter_session(struct pt_regs *regs)
{
	return is_target() ? enter_call(regs, current_cookie(regs)) : WITHOUT_RETURN;
}

inline_always int leave_any(struct pt_regs *regs)
{
	struct caller caller;
	struct call *call;

	returned_to(regs, &caller);
	call = leave(caller.slot);
	if (call)
		end_call(regs, call, &caller, RESULT(regs));
	return 0;
}

/* A map of programs is for those that are attached in one way (since 6.17: __bpf_prog_map_compatible). */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(key_size, 4);
	MAP_NUMBER(value_size, 4);
} no_sessions SEC(".maps");

/*
 * For entry and return, where one program can (6.13). At a return the instruction pointer is the caller's, at an entry the probe's own. Only
 * where a return probe belongs: for a process that is not its link's the kernel takes every session to want the return
 * (uprobe_prog_run gives 0), and replaces what lies at the stack pointer. That is another emleak's process, and must be a return address.
 */
SEC("?uprobe.session")
int emleak_session(struct pt_regs *regs)
{
	KEEP_OWN_STACK(regs, no_sessions);
	return INSTRUCTION_POINTER(regs) == bpf_get_func_ip(regs) ? enter_session(regs) : leave_any(regs);
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
