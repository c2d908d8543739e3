/* SPDX-License-Identifier: BSD-3-Clause */
extern void use(void *);
__attribute__((noinline)) int variable(int n) { int room[n]; use(room); return room[n / 2]; }
__attribute__((noinline)) int leaf(int n) { return n * 3; }
__attribute__((noinline)) int large(int n) { char room[70000]; room[n] = 1; use(room); return room[n + 1] + leaf(n); }
__attribute__((noinline)) int many(int a, int b, int c, int d) { int s[4] = { a, b, c, d }; use(s); return s[0] + variable(b) * large(c) + leaf(d); }
__attribute__((noinline)) void use(void *p) { __asm__ volatile("" : : "r"(p) : "memory"); }
void _start(void) { for (int n = 1;; n++) many(n, n, n, n); }
