// SPDX-License-Identifier: BSD-3-Clause
/* emleak without books: stacks are found, and blocks are neither entered nor taken out. */
#include "blocks.h"
#define put_block(address, block) ((void)(address), (void)(block))
#define release_block(address) ((void)(address))
#include "emleak.bpf.c"
