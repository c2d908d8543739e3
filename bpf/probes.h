/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program knows about the probe that it was called by: which function it is in, and where that has its arguments. */
#ifndef PROBES_H
#define PROBES_H

#include "target.h"

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
inline_always u64 argument(struct pt_regs *regs, u8 place)
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
