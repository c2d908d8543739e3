// SPDX-License-Identifier: BSD-3-Clause
/*
 * Pairs every allocation of one process with its release.
 *
 * Attached to each allocator function's entry and return. Only the outermost of nested allocator calls counts: calloc
 * calls malloc, malloc calls mmap, and each of them is one allocation.
 */
#include "blocks.h"
#include "calls.h"
#include "mappings.h"

/* Types that travel through ring buffers: no map mentions them, so this does, for the bindings. */
struct mapping_event *mapping_event_type;
struct execution_event *execution_event_type;
enum shape shape_type;

inline_always int finish_allocation(struct pt_regs *regs, const struct call *call, u64 address)
{
	struct allocation block;

	if (!address) {
		/* A failed realloc left the old block alone; realloc(p, 0) released it. */
		if (call->old_address && call->size)
			put_block(call->old_address, &call->old);
		return 0;
	}
	block.size = call->size;
	block.stack = current_stack(regs);
	put_block(address, &block);
	return 0;
}

inline_always int enter_allocation(struct pt_regs *regs, u64 size)
{
	struct call *call;

	if (!is_target() || !(call = enter(regs)))
		return WITHOUT_RETURN;
	call->size = size;
	call->old_address = 0;
	return WITH_RETURN;
}

inline_always int leave_allocation(struct pt_regs *regs)
{
	struct call *call = leave(regs);

	return call ? finish_allocation(regs, call, RESULT(regs)) : 0;
}

/*
 * The old block leaves the books before the allocator can hand its address to another thread. In a nested call it was
 * released as well, whatever the outer call makes of it.
 */
inline_always int enter_reallocation(struct pt_regs *regs, u64 old_address, u64 size)
{
	struct allocation old = {};
	int taken;
	struct call *call;

	if (!is_target())
		return WITHOUT_RETURN;
	taken = old_address && take_block(old_address, &old);
	call = enter(regs);
	if (!call)
		return WITHOUT_RETURN;
	call->size = size;
	call->old_address = taken ? old_address : 0;
	call->old = old;
	return WITH_RETURN;
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
inline_always int enter_malloc(struct pt_regs *regs)
{
	return enter_allocation(regs, ARGUMENT_1(regs));
}

inline_always int enter_calloc(struct pt_regs *regs)
{
	return enter_allocation(regs, product(ARGUMENT_1(regs), ARGUMENT_2(regs)));
}

/* memalign(alignment, size), aligned_alloc(alignment, size). */
inline_always int enter_memalign(struct pt_regs *regs)
{
	return enter_allocation(regs, ARGUMENT_2(regs));
}

inline_always int enter_realloc(struct pt_regs *regs)
{
	return enter_reallocation(regs, ARGUMENT_1(regs), ARGUMENT_2(regs));
}

inline_always int enter_reallocarray(struct pt_regs *regs)
{
	return enter_reallocation(regs, ARGUMENT_1(regs), product(ARGUMENT_2(regs), ARGUMENT_3(regs)));
}

/* posix_memalign(result, alignment, size). */
inline_always int enter_posix_memalign(struct pt_regs *regs)
{
	struct call *call;

	if (!is_target() || !(call = enter(regs)))
		return WITHOUT_RETURN;
	call->size = ARGUMENT_3(regs);
	call->result_at = ARGUMENT_1(regs);
	call->old_address = 0;
	return WITH_RETURN;
}

inline_always int leave_posix_memalign(struct pt_regs *regs)
{
	struct call *call = leave(regs);
	u64 address = 0;

	if (!call || (s32)RESULT(regs) != 0)
		return 0;
	if (bpf_probe_read_user(&address, sizeof(address), (void *)call->result_at)) {
		count(unreadable_results, 1);
		return 0;
	}
	return finish_allocation(regs, call, address);
}

/* ---- mappings ---- */

inline_always int is_error(u64 result)
{
	return result > -4096ULL;
}

/* mmap(hint, length, ...). */
inline_always int enter_mmap(struct pt_regs *regs)
{
	return enter_allocation(regs, ARGUMENT_2(regs));
}

inline_always int leave_mmap(struct pt_regs *regs)
{
	struct call *call = leave(regs);

	if (call && !is_error(RESULT(regs)))
		tell(MAPPING_ADDED, RESULT(regs), call->size, current_stack(regs));
	return 0;
}

/* munmap(address, length): told before it happens, since another thread may be given the address right after. */
inline_always int enter_munmap(struct pt_regs *regs)
{
	struct call *call;

	if (!is_target())
		return WITHOUT_RETURN;
	tell(MAPPING_REMOVED, ARGUMENT_1(regs), ARGUMENT_2(regs), 0);
	call = enter(regs);
	if (!call)
		return WITHOUT_RETURN;
	call->old_address = ARGUMENT_1(regs);
	return WITH_RETURN;
}

inline_always int leave_munmap(struct pt_regs *regs)
{
	struct call *call = leave(regs);

	if (call && (s32)RESULT(regs) != 0)
		tell(MAPPING_KEPT, call->old_address, 0, 0);
	return 0;
}

/* mremap(address, old length, length, flags, ...). realloc moves large blocks with it: nested, and its own business. */
inline_always int enter_mremap(struct pt_regs *regs)
{
	enum { MREMAP_DONTUNMAP = 4 };
	struct call *call;

	if (!is_target() || !(call = enter(regs)))
		return WITHOUT_RETURN;
	call->size = ARGUMENT_3(regs);
	call->old_address = ARGUMENT_4(regs) & MREMAP_DONTUNMAP ? 0 : ARGUMENT_1(regs);
	if (call->old_address)
		tell(MAPPING_REMOVED, call->old_address, ARGUMENT_2(regs), 0);
	return WITH_RETURN;
}

inline_always int leave_mremap(struct pt_regs *regs)
{
	struct call *call = leave(regs);

	if (!call)
		return 0;
	if (!is_error(RESULT(regs)))
		tell(MAPPING_ADDED, RESULT(regs), call->size, current_stack(regs));
	else if (call->old_address)
		tell(MAPPING_KEPT, call->old_address, 0, 0);
	return 0;
}

/* ---- programs ---- */

/*
 * Where a probe can carry a cookie, one program serves every function, at its entry and its return: it is verified once,
 * and one link attaches it everywhere. Else each function has a program for its entry and one for its return.
 */
#define SHAPES(X)								\
	X(malloc, SHAPE_MALLOC, enter_malloc, leave_allocation)			\
	X(calloc, SHAPE_CALLOC, enter_calloc, leave_allocation)			\
	X(memalign, SHAPE_MEMALIGN, enter_memalign, leave_allocation)		\
	X(realloc, SHAPE_REALLOC, enter_realloc, leave_allocation)		\
	X(reallocarray, SHAPE_REALLOCARRAY, enter_reallocarray, leave_allocation) \
	X(posix_memalign, SHAPE_POSIX_MEMALIGN, enter_posix_memalign, leave_posix_memalign) \
	X(mmap, SHAPE_MMAP, enter_mmap, leave_mmap)				\
	X(munmap, SHAPE_MUNMAP, enter_munmap, leave_munmap)			\
	X(mremap, SHAPE_MREMAP, enter_mremap, leave_mremap)

#define SEPARATE(name, shape, enter, leave)						\
	SEC("uprobe") int name##_enter(struct pt_regs *regs) { return enter(regs); }	\
	SEC("uretprobe") int name##_exit(struct pt_regs *regs) { return leave(regs); }

SHAPES(SEPARATE)

inline_always int enter_any(struct pt_regs *regs, u64 cookie)
{
#define ENTER(name, shape, enter, leave) case shape: return enter(regs);
	switch (cookie) {
	SHAPES(ENTER)
	}
	return WITHOUT_RETURN;
}

inline_always int leave_any(struct pt_regs *regs, u64 cookie)
{
	switch (cookie) {
	case SHAPE_POSIX_MEMALIGN:
		return leave_posix_memalign(regs);
	case SHAPE_MMAP:
		return leave_mmap(regs);
	case SHAPE_MUNMAP:
		return leave_munmap(regs);
	case SHAPE_MREMAP:
		return leave_mremap(regs);
	}
	return leave_allocation(regs);
}

/* At a return the instruction pointer is the caller's, at an entry it is the probe's own. */
SEC("?uprobe.session")
int any_session(struct pt_regs *regs)
{
	u64 cookie = bpf_get_attach_cookie(regs);

	if (INSTRUCTION_POINTER(regs) == bpf_get_func_ip(regs))
		return enter_any(regs, cookie);
	return leave_any(regs, cookie);
}

SEC("?uprobe.multi")
int any_enter(struct pt_regs *regs)
{
	return enter_any(regs, bpf_get_attach_cookie(regs));
}

SEC("?uretprobe.multi")
int any_exit(struct pt_regs *regs)
{
	return leave_any(regs, bpf_get_attach_cookie(regs));
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

char LICENSE[] SEC("license") = "Dual BSD/GPL";
