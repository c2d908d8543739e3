/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocator calls in flight, and what they were asked.
 *
 * The end of a call is seen by a return probe or by probes at the function's exits. A return probe replaces the return address: that is for
 * functions that nothing but a return leaves, on the stack that they were called on. So a thread is in one of them at a time, and what
 * is called meanwhile is nested. Whoever may throw or switch stacks has exits, and is known by where its return address lies. Nested
 * or not, its path says (nesting.h).
 */
#ifndef CALLS_H
#define CALLS_H

#include "probes.h"

/* One program runs at a function's entry and return, and an entry that gives 1 has no return (6.13). */
const volatile u8 has_sessions = 1;

/* The outermost allocator call that a thread is in. */
struct call {
	/* Where its return address is; 0 when the thread is in none. */
	u64 slot;
	/* Calls that took the place of this one: functions that it left with a jump. */
	u32 tail_calls;
	enum shape shape;
	/* False: it is only watched because of what it took out, or because its return cannot be left out. */
	u64 counts;
	u64 size;
	/* Where the result goes, if it is not returned. */
	u64 result_at;
	/* realloc, munmap, mremap: what was taken out, to be put back if the call fails. */
	u64 old_address;
	struct allocation old;
	/* Of a call whose return is not trapped: where it returns to, and the probe that saw it. Else 0. With exits, always where it returns to. */
	u64 return_address;
	u64 probe;
	/* Bytes until the thread's next sample (sampling.h). */
	u64 distance;
};

/* Below 5.11 user space makes this a hash map, whose key is the thread's id, and says so in `has_task_storage`. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_TASK_STORAGE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct call);
} calls SEC(".maps");

inline_always struct call *current_call(void)
{
	static const volatile struct call none;
	u32 thread;

	if (has_task_storage)
		return OWN_VALUE(calls);
	thread = current_thread();
	if (!bpf_map_lookup_elem(&calls, &thread))
		bpf_map_update_elem(&calls, &thread, (const void *)&none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&calls, &thread);
}

/*
 * True while `call` has not returned when its thread calls with the return address at `slot`.
 *
 * A call may be left by longjmp or an exception. Then either the stack has shrunk above its slot, or the slot is used
 * again by the next call that is as deep. Until then the slot holds the return probe's trampoline, the start of a page
 * of the kernel's own (xol_add_vma in kernel/events/uprobes.c), or if the return is not trapped, what it held at the entry.
 */
#ifdef LINK_REGISTER
/*
 * Where calls leave no return address on the stack, it is the stack's depth that tells, as it does the kernel
 * (arch_uretprobe_is_alive): a deeper call is nested; one as deep was jumped to, and then returns to the trampoline.
 */
inline_always int is_in_flight(struct pt_regs *regs, const struct call *call, u64 slot)
{
	return slot < call->slot || (slot == call->slot && LINK_REGISTER(regs) % 4096 == 0);
}
#else
/*
 * A call whose return is not trapped leaves its return address behind, and a later frame may lie over that without writing there: an
 * array that is not used yet. But what is called within the call is called by the allocator's own code, and is not the function itself.
 */
inline_always int is_called_within(struct pt_regs *regs, const struct call *call, u64 slot)
{
	u64 caller = 0;

	if (INSTRUCTION_POINTER(regs) == call->probe)
		return 0;
	/* A jump, to a function that then returns for both. */
	if (slot == call->slot)
		return 1;
	return !bpf_probe_read_user(&caller, sizeof(caller), (void *)slot) && is_same_code(caller, call->probe);
}

inline_always int is_in_flight(struct pt_regs *regs, const struct call *call, u64 slot)
{
	u64 value = 0;

	if (slot > call->slot || bpf_probe_read_user(&value, sizeof(value), (void *)call->slot))
		return 0;
	if (selects && call->return_address)
		return value == call->return_address && is_called_within(regs, call, slot);
	return value && value % 4096 == 0;
}
#endif

/* Where the function that has just been entered returns to. */
inline_always int read_return_address(struct pt_regs *regs, u64 slot, u64 *address)
{
	u64 found = 0;

#ifdef LINK_REGISTER
	found = CODE_ADDRESS(LINK_REGISTER(regs));
#else
	(void)regs;
	if (bpf_probe_read_user(&found, sizeof(found), (void *)slot))
		return 0;
#endif
	/* Functions that are left by a jump to this one had the probe of somebody else before. */
	*address = original_return_address(found, slot);
	return 1;
}

/*
 * True when `call` may be in flight on another stack than the one in use. The kernel takes return probes for a stack, too, and drops those
 * that lie below the stack pointer (cleanup_return_instances): a return address that was replaced would then lead into nothing.
 */
#ifdef LINK_REGISTER
inline_always int may_be_elsewhere(const struct call *call, u64 slot)
{
	struct task_struct *task = bpf_get_current_task();
	u64 start = KERNEL_FIELD(task, sas_ss_sp), size = KERNEL_FIELD(task, sas_ss_size);

	return slot - start < size && call->slot - start >= size;
}
#else
inline_always int may_be_elsewhere(const struct call *call, u64 slot)
{
	u64 value = 0;

	return slot > call->slot && !call->return_address && !bpf_probe_read_user(&value, sizeof(value), (void *)call->slot)
	    && value && value % 4096 == 0;
}
#endif

/* What a program gives back at an entry. */
enum { WITH_RETURN = 0, WITHOUT_RETURN = 1 };

/* Begins an allocator call. Nothing when it is nested in another one. */
inline_always struct call *enter(struct pt_regs *regs, enum shape shape)
{
	struct call *call = current_call();
	u64 slot = ENTRY_SLOT(regs);

	if (!call) {
		count(untracked_calls, 1);
		return 0;
	}
	if (call->slot) {
		if (is_in_flight(regs, call, slot)) {
			if (!has_sessions && call->slot == slot)
				call->tail_calls++;
			return 0;
		}
		if (has_sessions && may_be_elsewhere(call, slot)) {
			count(unsafe_calls, 1);
			return 0;
		}
		if (!call->return_address)
			count(abandoned_calls, 1);
	}
	call->slot = slot;
	call->tail_calls = 0;
	call->shape = shape;
	call->counts = 1;
	call->return_address = 0;
	return call;
}

/* A call that nobody wants to see the end of, except that calls inside it are still nested ones. */
inline_always int pass_over(struct pt_regs *regs, struct call *call)
{
	call->counts = 0;
#ifdef LINK_REGISTER
	/* Nothing on the stack would tell when it is over. */
	return WITH_RETURN;
#endif
	if (!has_sessions || bpf_probe_read_user(&call->return_address, sizeof(call->return_address), (void *)call->slot))
		return WITH_RETURN;
	call->probe = INSTRUCTION_POINTER(regs);
	return WITHOUT_RETURN;
}

/* Ends an allocator call, and gives what was noted when it began. Nothing for a nested one. */
inline_always struct call *leave(u64 slot)
{
	struct call *call = current_call();

	if (!call || call->slot != slot)
		return 0;
	/* The kernel runs the return probes of a chain of tail calls from the last one to the first. */
	if (call->tail_calls) {
		call->tail_calls--;
		return 0;
	}
	call->slot = 0;
	return call;
}

/* Where the path alone does not say whose business a call is: true when it was made while the thread is in another. */
inline_always int is_within_call(struct pt_regs *regs, u64 slot)
{
	struct call *call = current_call();

	return call && call->slot && is_in_flight(regs, call, slot);
}

/*
 * The number of the caller's stack: NESTED when the call does not count. What that was concluded from is counted when it is not the path.
 * A call whose return was trapped has been looked at when it was entered: no other was in flight.
 */
shared u32 stack_that_counts(struct pt_regs *regs, const struct caller *caller, int was_trapped)
{
	u32 number;

	if (!caller)
		return 0;
	number = stack_of(regs, caller);
	if (number == NESTED)
		return NESTED;
	if (was_trapped || (number && !(number & INCOMPLETE)) || !is_within_call(regs, caller->slot))
		return number & ~INCOMPLETE;
	count(doubtful_calls, 1);
	return NESTED;
}

/* ---- calls whose functions have exits ---- */

/*
 * By where their return addresses are: a fiber may go on on another thread. What is left by an exception or longjmp stays until the same
 * place is used again, or the oldest must go.
 */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LRU_HASH);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct call);
} calls_with_exits SEC(".maps");

inline_always struct call *enter_with_exits(struct pt_regs *regs, enum shape shape)
{
	static const volatile struct call none;
	u64 slot = ENTRY_SLOT(regs);
	struct call *call = bpf_map_lookup_elem(&calls_with_exits, &slot);

	if (!call) {
		bpf_map_update_elem(&calls_with_exits, &slot, (const void *)&none, BPF_ANY);
		call = bpf_map_lookup_elem(&calls_with_exits, &slot);
	}
	if (!call || !read_return_address(regs, slot, &call->return_address)) {
		count(untracked_calls, 1);
		return 0;
	}
	call->shape = shape;
	call->counts = 1;
	return call;
}

/* An exit without a call is another function's, which jumps there, too: or of a call that nobody wants to see the end of. */
inline_always struct call *leave_with_exits(const struct caller *caller)
{
	u64 slot = caller->slot;
	struct call *call = bpf_map_lookup_elem(&calls_with_exits, &slot);

	return call && call->return_address == caller->instruction_pointer ? call : 0;
}

inline_always void forget_call_with_exits(u64 slot)
{
	bpf_map_delete_elem(&calls_with_exits, &slot);
}

#endif
