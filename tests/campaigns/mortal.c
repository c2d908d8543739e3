// Dies in a given way after a given time. usage: mortal WAY MILLISECONDS   gcc -O2 -g -pthread -o mortal mortal.c
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void *work(void *x) {
    (void)x;
    for (unsigned i = 0;; i++) {
        void *p = malloc(i % 700 + 1);
        if (i % 50 && p)
            free(p);
        if (i % 300 == 0)
            usleep(300);
        if (i > 3000000)
            i = 1;
    }
}
int main(int c, char **v) {
    if (c > 1 && !strcmp(v[1], "second")) {
        for (int i = 0; i < 200; i++) {
            void *volatile p = malloc(100 + i);
            if (i % 3)
                free(p);
            usleep(500);
        }
        return 0;
    }
    pthread_t t;
    for (int i = 0; i < 3; i++)
        pthread_create(&t, 0, work, 0);
    usleep(atoi(v[2]) * 1000);
    if (!strcmp(v[1], "exit"))
        exit(0);
    if (!strcmp(v[1], "_exit"))
        _exit(3);
    if (!strcmp(v[1], "kill"))
        raise(SIGKILL);
    if (!strcmp(v[1], "segv")) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile int *)8 = 1;
    }
    if (!strcmp(v[1], "abort"))
        abort();
    if (!strcmp(v[1], "exec")) {
        execl("/proc/self/exe", "mortal", "second", (char *)0);
        _exit(9);
    }
    if (!strcmp(v[1], "exectrue")) {
        execl("/bin/true", "true", (char *)0);
        _exit(9);
    }
    if (!strcmp(v[1], "static")) {
        execl(v[3], "static", (char *)0);
        _exit(9);
    }
    if (!strcmp(v[1], "leader"))
        pthread_exit(0); // others go on; killed from outside
    return 5;
}
