/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an address of the process's code to the rule that finds the frame's caller: what user space has made of the unwind
 * tables of the process's files, and the search in it.
 *
 * Code is cut into pages of 256 bytes. A file's table has a word for each page, which says where the page's rows are, and
 * then the rows: a word each, the offset in the page where the row begins and the number of its rule. Equal rules are one
 * rule, over all files, so a row takes four bytes.
 */
#ifndef UNWIND_H
#define UNWIND_H

#include "mappings.h"

/* Inner maps do not bring their types along, and no map mentions these, so this does, for the bindings. */
struct unwind_chunk *unwind_chunk_type;
struct code *code_type;
enum unwind_kind unwind_kind_type;
enum known_rule known_rule_type;
enum unwind_limits unwind_limits_type;
enum frame_bits frame_bits_type;
enum frame_kind frame_kind_type;
enum limits limits_type;

/* Added to the number of a rule: the mapping is not the first one at its addresses. */
enum { RULE_LATER_MAPPING = MAX_UNWIND_RULES };

/* --stack-walk: what is not there is not asked for. */
const volatile u8 uses_rows = 1;
const volatile u8 uses_frame_pointers = 1;
/* False only to measure what the first visit of a place costs: nothing is remembered, neither rules nor whole stacks. */
const volatile u8 remembers = 1;

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, MAX_UNWIND_RULES);
	MAP_NUMBER(map_flags, BPF_F_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct unwind_rule);
} unwind_rules SEC(".maps");

/* Tables of files, as they were found in the process: what is found later has an area of its own. Since 5.10. */
struct unwind_area {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct unwind_chunk);
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	MAP_NUMBER(max_entries, MAX_UNWIND_AREAS);
	MAP_TYPE(key, u32);
	MAP_INNER(values, struct unwind_area);
} unwind_areas SEC(".maps");

/*
 * Where the process's code is. Replaced as a whole when libraries come and go: a walk sees the old one or the new one, and
 * code that is on a stack is the same in both. What was remembered goes with it.
 */
struct code_map {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, BPF_F_MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct code);
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_INNER(values, struct code_map);
} current_code SEC(".maps");

inline_always struct code *find_code(void)
{
	u32 only = 0;
	void *map = bpf_map_lookup_elem(&current_code, &only);

	return map ? bpf_map_lookup_elem(map, &only) : 0;
}

/* 1 when `left` is the greater one. Both are below 2^63. No branch: the verifier would follow both ways, at every step. */
inline_always u64 is_greater(u64 left, u64 right)
{
	u64 difference = right - left;

	/* Else clang makes a branch of it after all. */
	barrier_var(difference);
	return difference >> 63;
}

/* The last mapping that starts at or below an address. Places without a mapping start at 2^62. */
inline_always const struct code_mapping *find_mapping(const struct code *code, u64 address)
{
	/* Zero, which the verifier must not know: else every step doubles what it has to follow. */
	u64 at = code->reserved;

#pragma unroll
	for (u64 step = MAX_CODE_MAPPINGS / 2; step; step /= 2) {
		u64 next = (at + step) & (MAX_CODE_MAPPINGS - 1);

		at += step & (is_greater(code->mappings[next].start, address) - 1);
		at &= MAX_CODE_MAPPINGS - 1;
	}
	return &code->mappings[at];
}

/* True when both addresses lie in one mapping of the process's code. */
global_function int is_same_code(u64 left, u64 right)
{
	const struct code *code = find_code();
	const struct code_mapping *mapping;

	if (!code)
		return 0;
	mapping = find_mapping(code, left);
	return left >= mapping->start && left < mapping->end && right >= mapping->start && right < mapping->end;
}

inline_always struct unwind_chunk *find_chunk(void *area, u32 number)
{
	return bpf_map_lookup_elem(area, &number);
}

/* The number of the rule for an address in a mapping. */
inline_always u32 find_row(const struct code_mapping *mapping, u64 address)
{
	enum { LAST = (1 << UNWIND_COUNT_BITS) - 1 };
	u64 offset = address - mapping->origin;
	u64 page = offset >> UNWIND_PAGE_SHIFT;
	u64 wanted = (offset & ((1 << UNWIND_PAGE_SHIFT) - 1)) << UNWIND_RULE_BITS | ((1 << UNWIND_RULE_BITS) - 1);
	u32 area_number = mapping->area;
	u32 first_chunk = mapping->first_chunk;
	struct unwind_chunk *chunk;
	u64 entry, count, start, at = 0;
	void *area;

	/* A frame pointer would be a guess. */
	if (area_number == AREA_REFUSED)
		return RULE_UNKNOWN;
	area = bpf_map_lookup_elem(&unwind_areas, &area_number);
	if (!area || !(chunk = find_chunk(area, first_chunk + page / UNWIND_CHUNK_WORDS)))
		return RULE_NONE;
	entry = chunk->words[page % UNWIND_CHUNK_WORDS];
	count = entry & LAST;
	start = entry >> UNWIND_COUNT_BITS;
	/* A page without rows that begin somewhere has some that found no room. */
	if (!count)
		return start ? RULE_UNKNOWN : RULE_NONE;
	if (!(chunk = find_chunk(area, first_chunk + start / UNWIND_CHUNK_WORDS)))
		return RULE_NONE;
	/* The rows of a page lie in one chunk, and the first one begins where the page does. */
#pragma unroll
	for (u64 step = (LAST + 1) / 2; step; step /= 2) {
		u64 next = at + step;
		u64 word = chunk->words[(start + next) % UNWIND_CHUNK_WORDS];
		u64 is_beyond = is_greater(next, count - 1) | is_greater(word, wanted);

		at += step & (is_beyond - 1);
	}
	return chunk->words[(start + at) % UNWIND_CHUNK_WORDS] & ((1 << UNWIND_RULE_BITS) - 1);
}

/* The C library of Alpine, and some code made at run time, say nothing of their signal frames: the code itself does. */
inline_always int is_signal_return(u64 address)
{
	u64 code = 0;

	return !bpf_probe_read_user(&code, sizeof(code), (void *)address) && code == SIGNAL_RETURN_CODE;
}

/*
 * The rule of an address that was not asked for before, or whose place another one took. A global function, which the
 * verifier looks at once and not wherever it is called (5.6).
 */
global_function u32 search_rule(u64 address)
{
	const struct code *code = find_code();
	const struct code_mapping *mapping;

	if (!code)
		return RULE_OUTSIDE;
	mapping = find_mapping(code, address);
	if (address < mapping->start || address >= mapping->end)
		return RULE_OUTSIDE;
	return find_row(mapping, address) | (mapping->incarnation ? RULE_LATER_MAPPING : 0);
}

/* Which of the mappings that were at an address one after the other the code map has. */
global_function u32 find_incarnation(u64 address)
{
	const struct code *code = find_code();

	return code ? find_mapping(code, address)->incarnation : 0;
}

/* What is known of a return address if nothing is known of the instruction before it. */
inline_always u32 rule_of_return(u64 return_address, u32 rule)
{
	u32 next = search_rule(return_address);
	u32 later = next & RULE_LATER_MAPPING;

	next -= later;
	if (next == RULE_OUTSIDE)
		return rule;
	if (next != RULE_NONE)
		return (next == RULE_SIGNAL ? RULE_SIGNAL : RULE_ENTRY) | later;
	return is_signal_return(return_address) ? RULE_SIGNAL | later : rule;
}

/* The number of an address's rule, with RULE_LATER_MAPPING. */
inline_always u32 find_rule(struct code *code, u64 address, u64 return_address)
{
	/* Where a rule that was found is remembered: an address of 48 bits beside it, in one word, so nothing can be torn. */
	u64 *remembered = &code->remembered[(address * 0x9e3779b97f4a7c15ULL) >> (64 - REMEMBERED_RULES_BITS)];
	u64 key = address << 16;
	u64 found = *remembered;
	u32 rule;

	/* An empty place looks like that of address 0. */
	if (!address || address >> FRAME_ADDRESS_BITS)
		return RULE_OUTSIDE;
	if (remembers && (found ^ key) >> 16 == 0)
		return found & 0xffff;
	rule = search_rule(address);
	if ((rule & ~RULE_LATER_MAPPING) == RULE_NONE || rule == RULE_OUTSIDE) {
		if (address != return_address)
			rule = rule_of_return(return_address, rule);
		if (rule == RULE_OUTSIDE)
			tell_unknown_code(address);
	}
	*remembered = key | rule;
	return rule;
}

#endif
