// SPDX-License-Identifier: BSD-3-Clause
/*
 * The same programs for kernels below 5.10: 4,096 instructions at most, none of which jumps back, no global functions, no maps
 * that differ in size in a map. Stacks are walked by frame pointers.
 */
#define WITHOUT_LOOPS
#include "emleak.bpf.c"
