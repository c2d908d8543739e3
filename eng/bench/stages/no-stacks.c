// SPDX-License-Identifier: BSD-3-Clause
/* emleak without stacks: all blocks belong to one. */
#include "stack.h"
#define stack_of(regs, caller) ((void)(regs), (void)(caller), 1)
#include "emleak.bpf.c"
