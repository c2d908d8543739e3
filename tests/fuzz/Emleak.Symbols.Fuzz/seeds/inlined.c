// Two functions, calls inlined into each other, local names: a little of everything that debug information tells.
static inline __attribute__((always_inline)) int innermost(int x) { return x * x + 1; }
static inline __attribute__((always_inline)) int middle(int x) { return x > 3 ? innermost(x - 1) : innermost(x + 2); }
__attribute__((noinline)) int outer(int x) { int sum = 0; for (int i = 0; i < x; i++) sum += middle(i); return sum; }
__attribute__((noinline)) static int hidden(int x) { return outer(x) - innermost(x); }
void _start(void) { __asm__ volatile("" : : "r"(hidden(4))); }
