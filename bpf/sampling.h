/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which allocations count, and for how many each stands.
 *
 * Sampling is by bytes, as a Poisson process: every byte is equally likely to be the one that is looked at, one in
 * `sample_bytes` on average, and a block counts when one of its bytes is. So a block of s bytes counts with the probability
 * p = 1 - exp(-s / sample_bytes), and stands for 1 / p of its kind: what is expected of the sum is the truth. That
 * depends on the size alone, so that a release takes away what the allocation added.
 */
#ifndef SAMPLING_H
#define SAMPLING_H

#include "target.h"

/* 0: every allocation counts. */
const volatile u64 sample_bytes;
/* The same, times ln 2, times 2^SCALE_SHIFT. */
const volatile u64 sample_scale;
/* Other sizes do not count. */
const volatile u64 min_size;
const volatile u64 max_size = ~0ULL;
/* Any of these is set. */
const volatile u8 selects;

/* What has no simple function in integers; user space fills it in. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct sampling_tables);
} sampling_tables SEC(".maps");

inline_always const struct sampling_tables *tables(void)
{
	u32 first = 0;

	return bpf_map_lookup_elem(&sampling_tables, &first);
}

/* The value at a place between two of a table's entries: `at` counts in 2^-shift of their distance. */
inline_always u64 between(const u32 *table, u64 steps, u64 at, u32 shift)
{
	u64 entry = at >> shift;
	s64 low, high;

	/* Else clang folds shift and scaling into one, and the verifier loses sight of the bound. */
	barrier_var(entry);
	if (entry >= steps)
		return table[steps];
	low = table[entry];
	high = table[entry + 1];
	return low + ((high - low) * (s64)(at & ((1ULL << shift) - 1)) >> shift);
}

/* How many bytes until the next one that is looked at: exponentially distributed, from 1. */
noinline u64 draw_distance(void)
{
	enum { RANDOM_BITS = 32, STEP_SHIFT = RANDOM_BITS - LOG2_STEPS_SHIFT };
	const struct sampling_tables *known = tables();
	u64 random = (u64)bpf_get_prandom_u32() + 1;
	u64 exponent = 0, fraction;
	u64 logarithm;

	if (!known)
		return 1;
	for (int bits = 32; bits; bits /= 2) {
		if (random >> (exponent + bits))
			exponent += bits;
	}
	/* What follows the leading one. */
	fraction = (u32)(random << (RANDOM_BITS - exponent));
	logarithm = (exponent << FRACTION_SHIFT) + between(known->log2, 1 << LOG2_STEPS_SHIFT, fraction, STEP_SHIFT);
	return ((((u64)RANDOM_BITS << FRACTION_SHIFT) - logarithm) * sample_scale >> (FRACTION_SHIFT + SCALE_SHIFT)) + 1;
}

/* For how many a block of this size stands, in 2^-FRACTION_SHIFT. */
noinline u64 weight_of(u64 size)
{
	const u64 one = 1ULL << FRACTION_SHIFT;
	const struct sampling_tables *known;
	u64 x;

	if (!size)
		size = 1;
	if (size >= sample_bytes * WEIGHT_END)
		return one;
	x = (size << FRACTION_SHIFT) / sample_bytes;
	/* 1 / (1 - exp(-x)) = 1/x + 1/2 + x/12 - x^3/720 + x^5/30240 - ... */
	if (x < WEIGHT_START * one) {
		u64 square = x * x >> FRACTION_SHIFT;
		u64 cube = square * x >> FRACTION_SHIFT;

		return (sample_bytes << FRACTION_SHIFT) / size + one / 2 + x / 12 - cube / 720 + (cube * square >> FRACTION_SHIFT) / 30240;
	}
	x -= WEIGHT_START * one;
	known = tables();
	return known ? between(known->weights, WEIGHT_STEPS, x, FRACTION_SHIFT - WEIGHT_STEPS_SHIFT) : one;
}

inline_always int has_counted_size(u64 size)
{
	return size >= min_size && size <= max_size;
}

/* True when an allocation of this size counts; `distance`: the thread's own, 0 when it is to be drawn. */
inline_always int is_selected(u64 *distance, u64 size)
{
	if (!has_counted_size(size))
		return 0;
	if (!sample_bytes)
		return 1;
	if (!size)
		size = 1;
	if (!*distance)
		*distance = draw_distance();
	if (size < *distance) {
		*distance -= size;
		return 0;
	}
	*distance = 0;
	return 1;
}

#endif
