/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes that do nothing: what is left is the kernel's own cost, the floor. */
#include "../../bpf/kernel.h"

SEC("uprobe")
int empty_enter(void) { return 0; }

SEC("uretprobe")
int empty_exit(void) { return 0; }

SEC("uprobe.session")
int empty_session(void) { return 0; }

SEC("uprobe.multi")
int empty_multi(void) { return 0; }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
