/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program knows about the probe that it was called by: which function it is in, and where that has its arguments. */
#ifndef PROBES_H
#define PROBES_H

#include "stack.h"

/* Probes carry cookies (5.15). */
const volatile u8 has_cookies = 1;

/* The cookies of probes that cannot carry them, by the probe's address in the process. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
	MAP_NUMBER(max_entries, 4096);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct probe_cookie);
} probe_cookies SEC(".maps");

/* One byte of a cookie. */
#define FIELD(cookie, field) ((u8)((cookie) >> 8 * __builtin_offsetof(struct probe_cookie, field)))
#define EXIT_FIELD(cookie, field) ((typeof(((struct exit_cookie *)0)->field))((cookie) >> 8 * __builtin_offsetof(struct exit_cookie, field)))

inline_always u64 current_cookie(struct pt_regs *regs)
{
	u64 address = INSTRUCTION_POINTER(regs);
	u64 *cookie;

	if (has_cookies)
		return bpf_get_attach_cookie(regs);
	cookie = bpf_map_lookup_elem(&probe_cookies, &address);
	if (cookie)
		return *cookie;
	count(unknown_probes, 1);
	return 0;
}

/* An argument by its place, from 1. A barrier keeps clang from choosing the register first and loading it after: no context access may vary. */
noinline u64 argument(struct pt_regs *regs, u8 place)
{
	u64 value = 0;

#define CASE(n) case n: value = ARGUMENT_##n(regs); barrier_var(value); break;
	switch (place) {
	CASE(1)
	CASE(2)
	CASE(3)
	CASE(4)
	CASE(5)
	CASE(6)
	}
#undef CASE
	return value;
}

/* After a return the registers are the caller's own. */
inline_always void returned_to(struct pt_regs *regs, struct caller *caller)
{
	caller->slot = EXIT_SLOT(regs);
	caller->instruction_pointer = INSTRUCTION_POINTER(regs);
	caller->stack_pointer = STACK_POINTER(regs);
	caller->frame_pointer = FRAME_POINTER(regs);
}

/* A return address as the call has left it: a return probe of somebody else may have replaced it, of whom the kernel knows. */
inline_always u64 original_return_address(u64 address, u64 hijacked_slot)
{
#ifndef WITHOUT_LOOPS
	if (address % PAGE_SIZE == 0) {
		u64 original = hijacked_return_address(hijacked_slot);

		if (original)
			return original;
	}
#else
	(void)hijacked_slot;
#endif
	return address;
}

/* The caller of the function that the probe is in: as a row of the file's unwind table has it at that very place. False when it cannot be read. */
noinline int find_caller(struct pt_regs *regs, u64 cookie, struct caller *caller)
{
	u64 stack_pointer = STACK_POINTER(regs), frame_pointer = FRAME_POINTER(regs);
	u64 cfa = (EXIT_FIELD(cookie, by_frame_pointer) ? frame_pointer : stack_pointer) + sizeof(u64) * EXIT_FIELD(cookie, cfa);
	s64 frame_pointer_at = EXIT_FIELD(cookie, frame_pointer);
	s64 return_address_at = EXIT_FIELD(cookie, return_address);
	u64 address = LINK_REGISTER_OR_0(regs);

	if (!caller)
		return 0;
	if (return_address_at && bpf_probe_read_user(&address, sizeof(address), (void *)(cfa + return_address_at * sizeof(u64))))
		return 0;
	if (frame_pointer_at && bpf_probe_read_user(&frame_pointer, sizeof(frame_pointer), (void *)(cfa + frame_pointer_at * sizeof(u64))))
		return 0;
	caller->slot = SLOT_BELOW(cfa);
	caller->instruction_pointer = original_return_address(CODE_ADDRESS(address), HIJACKED_SLOT(cfa, caller->slot));
	caller->stack_pointer = cfa;
	caller->frame_pointer = frame_pointer;
	return 1;
}

/* The bytes that the function was asked for. A product that overflows makes it fail; it must not look like a request for nothing. */
inline_always u64 size_asked_for(struct pt_regs *regs, u64 cookie)
{
	u64 size = argument(regs, FIELD(cookie, size));
	u64 times, bytes;

	if (!FIELD(cookie, count))
		return size;
	times = argument(regs, FIELD(cookie, count));
	bytes = times * size;
	/* Else clang sees an overflow check, and calls a 128-bit multiplication that BPF does not have. */
	barrier_var(bytes);
	return times && bytes / times != size ? ~0ULL : bytes;
}

#endif
