// What each server does besides serving, from when it loads this library on: threads that count EINTR in waits that no handler
// interrupts, load fresh libraries, and allocate under signals; and burden(), for the middle of a request: exceptions, and a signal.
// It is loaded as each server loads such things: a Redis module, a JNI library, by ctypes, by dlopen, or by LD_PRELOAD.
// BURDEN_STATUS names the file of counters, BURDEN_LIBRARY a library to load copies of. Errors go to standard error.
#include "ring.h"
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <new>
#include <pthread.h>
#include <string>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <vector>

// servers.py reads these.
struct status {
    std::atomic<uint64_t> epoll_eintr, semop_eintr, sigtimedwait_eintr, ring_eintr, server_eintr, continued, waits, loads, exceptions, handled, errors, semaphores, load_ns, longest_load_ns;
};
static status *counts;
static const char *status_path, *library_path;

static void fail(const char *what) {
    counts->errors++;
    fprintf(stderr, "burden: error: %s: %s\n", what, strerror(errno));
}

// What a wait of 100 ms ends with: the EINTR that nobody should cause, or its time.
static void count_wait(bool is_interrupted, bool is_expected, std::atomic<uint64_t> &eintr, const char *what) {
    counts->waits++;
    if (is_interrupted)
        eintr++;
    else if (!is_expected)
        fail(what);
}

static void *wait_epoll(void *) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (;;) {
        epoll_event event;
        int result = epoll_wait(epoll, &event, 1, 100);
        count_wait(result < 0 && errno == EINTR, result == 0, counts->epoll_eintr, "epoll_wait");
    }
}

static void *wait_semop(void *) {
    int semaphores = semget(IPC_PRIVATE, 1, 0600);
    // Sets outlive their process: servers.py removes it.
    counts->semaphores = semaphores + 1;
    for (;;) {
        sembuf take = {0, -1, 0};
        timespec timeout = {0, 100000000};
        int result = semtimedop(semaphores, &take, 1, &timeout);
        count_wait(result < 0 && errno == EINTR, result < 0 && errno == EAGAIN, counts->semop_eintr, "semtimedop");
    }
}

static void *wait_signal(void *) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN + 8);
    for (;;) {
        timespec timeout = {0, 100000000};
        int result = sigtimedwait(&one, nullptr, &timeout);
        count_wait(result < 0 && errno == EINTR, result < 0 && errno == EAGAIN, counts->sigtimedwait_eintr, "sigtimedwait");
    }
}

static void *wait_ring(void *) {
    ring ring;
    if (ring_open(&ring, 4)) {
        fail("io_uring_setup");
        return nullptr;
    }
    for (;;) {
        __kernel_timespec timeout = {0, 100000000};
        ring_add(&ring, IORING_OP_TIMEOUT, -1, &timeout, 1, 1);
        io_uring_cqe completion;
        while (!ring_next(&ring, &completion)) {
            int result = ring_wait(&ring);
            count_wait(result < 0 && errno == EINTR, result == 0, counts->ring_eintr, "io_uring_enter");
        }
    }
}

static bool copy_file(const char *from, const char *to) {
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0700);
    struct stat facts;
    bool is_whole = in >= 0 && out >= 0 && !fstat(in, &facts) && sendfile(out, in, nullptr, facts.st_size) == facts.st_size;
    close(in);
    close(out);
    return is_whole;
}

static uint64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void *load_libraries(void *) {
    for (unsigned number = 0;; number++) {
        usleep(500000);
        std::string copy = std::string(status_path) + "." + std::to_string(number) + ".so";
        if (!copy_file(library_path, copy.c_str())) {
            fail("copy of a library");
            continue;
        }
        uint64_t begin = now();
        void *library = dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL);
        uint64_t length = now() - begin;
        counts->load_ns += length;
        if (length > counts->longest_load_ns)
            counts->longest_load_ns = length;
        auto leak = library ? (void *(*)(int))dlsym(library, "leak_in_lib") : nullptr;
        if (!leak || !leak(3))
            fail("dlopen");
        if (library && dlclose(library))
            fail("dlclose");
        unlink(copy.c_str());
        counts->loads++;
    }
}

// Anything may be interrupted here, malloc too: only system calls are allowed, and mmap is one that emleak looks at.
static void map_something(int) {
    int error = errno;
    void *memory = mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)memory = 1;
    munmap(memory, 65536);
    counts->handled++;
    errno = error;
}

static void *allocate_under_signals(void *) {
    static char stack[65536];
    stack_t alternate = {};
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof stack;
    sigaltstack(&alternate, nullptr);
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, SIGRTMIN + 6);
    pthread_sigmask(SIG_UNBLOCK, &own, nullptr);
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGRTMIN + 6;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer))
        fail("timer_create");
    enum { BLOCKS = 20 };
    void *blocks[BLOCKS];
    for (unsigned round = 0;; round++) {
        // In the middle of what follows.
        itimerspec when = {{0, 0}, {0, 1 + (long)(round * 7919 % 30000)}};
        timer_settime(timer, 0, &when, nullptr);
        for (int i = 0; i < BLOCKS; i++)
            blocks[i] = malloc(16 + (round * 31 + i) % 2000);
        for (int i = 0; i < BLOCKS; i++)
            free(blocks[i]);
        timespec pause = {0, 20000000};
        nanosleep(&pause, nullptr);
    }
}

static void allocate_something(int) {
    std::string *text = new std::string(300, 'x');
    free(malloc(text->size()));
    delete text;
    counts->handled++;
}

struct refusal {
    std::string why;
};

__attribute__((noinline)) static size_t descend(int depth) {
    std::string held(100 + depth, 'y');
    if (!depth)
        throw refusal{std::string(200, 'z')};
    return descend(depth - 1) + held.size();
}

static void throw_and_catch() {
    volatile size_t too_much = (size_t)1 << 60;
    try {
        delete[] new char[too_much];
        fail("operator new gave 2^60 bytes");
    } catch (const std::bad_alloc &) {
        counts->exceptions++;
    }
    try {
        descend(3);
        fail("nothing was thrown");
    } catch (const refusal &caught) {
        if (caught.why.size() == 200)
            counts->exceptions++;
    }
}

static void raise_on_alternate_stack() {
    std::vector<char> stack(65536);
    stack_t alternate = {}, before;
    alternate.ss_sp = stack.data();
    alternate.ss_size = stack.size();
    if (sigaltstack(&alternate, &before) || pthread_kill(pthread_self(), SIGRTMIN + 7) || sigaltstack(&before, nullptr))
        fail("signal on an alternate stack");
}

static void *throw_again_and_again(void *) {
    for (;;) {
        usleep(100000);
        throw_and_catch();
    }
}

extern "C" {
int burden() {
    throw_and_catch();
    raise_on_alternate_stack();
    return 1;
}

void count_server_eintr() {
    counts->server_eintr++;
}

// class Web { static native int burden(); }
int Java_Web_burden(void *, void *) {
    return burden();
}

// The ABI of Redis modules: the context begins with the function that finds the others.
static int (*reply_with_integer)(void *context, long long value);

static int burden_command(void *context, void **, int) {
    return reply_with_integer(context, burden());
}

int RedisModule_OnLoad(void *context, void **, int) {
    auto find = *(int (**)(const char *name, void *function))context;
    int (*set_attributes)(void *, const char *, int, int);
    int (*create_command)(void *, const char *, int (*)(void *, void **, int), const char *, int, int, int);
    if (find("RedisModule_SetModuleAttribs", &set_attributes) || find("RedisModule_CreateCommand", &create_command) || find("RedisModule_ReplyWithLongLong", &reply_with_integer))
        return 1;
    set_attributes(context, "burden", 1, 1);
    return create_command(context, "burden", burden_command, "", 0, 0, 0);
}
}

static void handle(int number, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    sigaction(number, &action, nullptr);
}

__attribute__((constructor)) static void begin() {
    // Copies: nginx writes its title over its environment.
    status_path = strdup(getenv("BURDEN_STATUS"));
    library_path = strdup(getenv("BURDEN_LIBRARY"));
    int file = open(status_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, 4096))
        abort();
    counts = (status *)mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    handle(SIGCONT, [](int) { counts->continued++; });
    handle(SIGRTMIN + 6, map_something);
    handle(SIGRTMIN + 7, allocate_something);

    // The server's own signals are no business of these threads: no handler may interrupt their waits.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (auto work : {wait_epoll, wait_semop, wait_signal, wait_ring, load_libraries, allocate_under_signals, throw_again_and_again}) {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, work, nullptr))
            fail("pthread_create");
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
