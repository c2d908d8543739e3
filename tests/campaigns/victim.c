// A target that checks itself: N threads allocate, fill, verify and free blocks. gcc -O2 -g -pthread -o victim victim.c -ldl
// usage: victim THREADS STATUSFILE [dlopen LIB | churn | execloop | fork]
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
struct status {
    volatile uint64_t ops[64], errors, dlopens, forks, childbad;
};
static struct status *st;
static const char *lib;
enum { BLOCKS = 256 };
static uint64_t rnd(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}
static void fill(unsigned char *p, size_t n, unsigned char k) {
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(k + i * 7);
}
static int check(unsigned char *p, size_t n, unsigned char k) {
    for (size_t i = 0; i < n; i++)
        if (p[i] != (unsigned char)(k + i * 7))
            return 0;
    return 1;
}
static void bad(const char *what) {
    __sync_fetch_and_add(&st->errors, 1);
    dprintf(2, "VICTIM ERROR %s\n", what);
}
static void *worker(void *arg) {
    long id = (long)arg;
    uint64_t s = 88172645463325252ull + id * 7919;
    unsigned char *b[BLOCKS] = {0};
    size_t n[BLOCKS] = {0};
    unsigned char k[BLOCKS] = {0};
    for (;;) {
        int i = rnd(&s) % BLOCKS;
        uint64_t how = rnd(&s) % 16;
        if (b[i]) {
            if (!check(b[i], n[i], k[i]))
                bad("block");
            if (how < 3) {
                size_t m = 1 + rnd(&s) % 600;
                unsigned char *q = realloc(b[i], m);
                size_t l = m < n[i] ? m : n[i];
                if (!q || !check(q, l, k[i]))
                    bad("realloc");
                b[i] = q;
                n[i] = m;
                k[i] = rnd(&s);
                fill(b[i], m, k[i]);
            } else {
                free(b[i]);
                b[i] = 0;
            }
        } else {
            n[i] = 1 + rnd(&s) % 600;
            k[i] = rnd(&s);
            if (how < 2) {
                b[i] = calloc(1, n[i]);
                for (size_t j = 0; j < n[i]; j++)
                    if (b[i][j]) {
                        bad("calloc");
                        break;
                    }
            } else if (how < 3) {
                void *q;
                if (posix_memalign(&q, 64, n[i]) || ((uintptr_t)q & 63))
                    bad("memalign");
                b[i] = q;
            } else
                b[i] = malloc(n[i]);
            if (!b[i]) {
                bad("null");
                continue;
            }
            fill(b[i], n[i], k[i]);
        }
        if (++st->ops[id] % 400 == 0)
            usleep(200); // leave some of the machine to others
    }
}
static void *opener(void *x) {
    (void)x;
    for (;;) {
        void *h = dlopen(lib, RTLD_NOW);
        if (!h) {
            bad(dlerror());
            sleep(1);
            continue;
        }
        void *(*f)(int) = (void *(*)(int))dlsym(h, "leak_in_lib");
        if (f)
            free(f(10));
        dlclose(h);
        st->dlopens++;
        usleep(500);
    }
    return 0;
}
static void *forker(void *x) {
    (void)x;
    for (;;) {
        pid_t p = fork();
        if (!p) {
            unsigned char *q[64];
            for (int r = 0; r < 20; r++) {
                for (int i = 0; i < 64; i++) {
                    q[i] = malloc(i * 9 + 1);
                    fill(q[i], i * 9 + 1, i);
                }
                for (int i = 0; i < 64; i++) {
                    if (!check(q[i], i * 9 + 1, i))
                        _exit(7);
                    free(q[i]);
                }
            }
            _exit(0);
        }
        int s;
        waitpid(p, &s, 0);
        st->forks++;
        if (s) {
            __sync_fetch_and_add(&st->childbad, 1);
            dprintf(2, "VICTIM ERROR child status %x\n", s);
        }
        usleep(5000);
    }
    return 0;
}
int main(int c, char **v) {
    int n = atoi(v[1]), fd = open(v[2], O_RDWR | O_CREAT, 0644);
    if (ftruncate(fd, sizeof *st))
        return 9;
    st = mmap(0, sizeof *st, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pthread_t t;
    for (long i = 1; i < n; i++)
        pthread_create(&t, 0, worker, (void *)(i % 64));
    if (c > 4 && !strcmp(v[3], "dlopen")) {
        lib = v[4];
        pthread_create(&t, 0, opener, 0);
    }
    if (c > 3 && !strcmp(v[3], "fork"))
        pthread_create(&t, 0, forker, 0);
    if (c > 3 && !strcmp(v[3], "execloop")) { // runs a while, executes itself again
        if (n < 2)
            pthread_create(&t, 0, worker, 0);
        usleep(30000 + (getpid() * 7 + time(0)) % 60000);
        execv("/proc/self/exe", v);
        return 8;
    }
    worker((void *)0L);
}
