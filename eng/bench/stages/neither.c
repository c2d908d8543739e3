// SPDX-License-Identifier: BSD-3-Clause
/* emleak that only knows which calls are the outermost ones: neither stacks nor books. */
#include "blocks.h"
#include "stack.h"
#define stack_of(regs, caller) ((void)(regs), (void)(caller), 1)
#define put_block(address, block) ((void)(address), (void)(block))
#define release_block(address) ((void)(address))
#include "emleak.bpf.c"
