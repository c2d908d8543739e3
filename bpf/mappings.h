/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of the address space, told to user space. */
#ifndef MAPPINGS_H
#define MAPPINGS_H

#include "events.h"
#include "target.h"

/* 87,000 events. User space has it mapped, twice: it is most of what emleak seems to take of memory. */
enum { MAPPING_CHANGES_SIZE = 4 * 1024 * 1024 };

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
	MAP_NUMBER(max_entries, MAPPING_CHANGES_SIZE);
} mapping_changes SEC(".maps");

/*
 * Mappings are cut, moved and replaced by parts, which takes an ordered set: user space keeps it, from these events.
 * A wake-up costs the traced thread more than the event does; the reader comes by itself unless the ring fills up.
 */
noinline int tell(struct pt_regs *regs, enum mapping_change change, u64 address, u64 length, u64 stack)
{
	struct mapping_event event = {
		.change = change,
		.tid = current_thread(),
		.address = address,
		.length = length,
		.stack = stack,
		.time = time_of_record(),
	};
	u64 waiting, flags;

	if (!has_ring_buffer) {
		send_to_processor(regs, &mapping_changes, &event, sizeof(event));
		return 0;
	}
	waiting = bpf_ringbuf_query(&mapping_changes, BPF_RB_AVAIL_DATA);
	flags = waiting > MAPPING_CHANGES_SIZE / 4 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	if (bpf_ringbuf_output(&mapping_changes, &event, sizeof(event), flags))
		count(lost_mapping_events, 1);
	return 0;
}

/* Wakes user space up, to do something now. Without a ring buffer it does it as often as it does. False when the ring is full. */
inline_always int ask_user_space(enum mapping_change what, u64 address)
{
	struct mapping_event event = {.change = what, .tid = current_thread(), .address = address};

	return has_ring_buffer && !bpf_ringbuf_output(&mapping_changes, &event, sizeof(event), BPF_RB_FORCE_WAKEUP);
}

/* Set when user space has been asked to look for new code, and cleared when it has: code made at run time is always new. */
u8 looks_for_code;

/* Asks user space to look for new code now: until then its frames cannot be walked. */
inline_always void tell_unknown_code(u64 address)
{
	if (looks_for_code || !has_ring_buffer)
		return;
	looks_for_code = 1;
	if (!ask_user_space(MAPPING_UNKNOWN, address))
		looks_for_code = 0;
}

#endif
