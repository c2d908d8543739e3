/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tracer that takes no precautions: puts probes of an empty program at offsets of a file for one process, and removes them, again
 * and again. Killed, it leaves breakpoints more often than not. Arguments: process, file; the offsets are read, in hex.
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* BPF_TRACE_UPROBE_MULTI, and what BPF_LINK_CREATE takes for it, which the headers of Debian 12 do not have. */
enum { UPROBE_MULTI = 48 };

struct uprobe_multi {
	uint32_t program, target, type, flags;
	uint64_t path, offsets, reference_counters, cookies;
	uint32_t count, multi_flags, pid, reserved;
};

static uint64_t offsets[4096];

static int load(void)
{
	struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insns = (uintptr_t)nothing,
		.insn_cnt = 2,
		.license = (uintptr_t)"BSD",
		.expected_attach_type = UPROBE_MULTI,
	};
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	struct uprobe_multi link = { .type = UPROBE_MULTI };
	if (argc != 3) return 2;
	while (link.count < 4096 && scanf("%lx", &offsets[link.count]) == 1) link.count++;
	link.program = (uint32_t)load();
	link.path = (uintptr_t)argv[2];
	link.offsets = (uintptr_t)offsets;
	link.pid = (uint32_t)atoi(argv[1]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int descriptor = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
		if (descriptor < 0) return 1;
		close(descriptor);
	}
}
