// SPDX-License-Identifier: BSD-3-Clause
/* The same programs for kernels without bpf_loop (below 5.17): those refuse an object that mentions a function as a value. */
#define BOUNDED_LOOPS
#include "emleak.bpf.c"
