#include <stdlib.h>
#include <string.h>
static char *kept;
__attribute__((constructor)) static void begin(void) {
    kept = malloc(100);
    memset(kept, 1, 100);
}
__attribute__((destructor)) static void end(void) {
    free(kept);
}
void *leak_in_lib(int n) {
    return calloc(n, 33);
}
