// An echo server on io_uring, by system calls alone. echo PORTFILE BURDEN: writes its port; each request has a block, and the
// burden's exceptions and signals, whose library is loaded by dlopen. Forks twice a second.
#define _GNU_SOURCE
#include "ring.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum operation { ACCEPT, RECEIVE, SEND };
enum { LENGTH = 4096 };
struct request {
    enum operation operation;
    int socket, length, sent;
    char bytes[];
};

static struct ring ring;
static int (*burden)(void);
static void (*count_server_eintr)(void);

static void fail(const char *what, int error) {
    fprintf(stderr, "echo: error: %s: %s\n", what, strerror(error));
}

static struct request *new_request(enum operation operation, int socket) {
    struct request *request = calloc(1, sizeof *request + LENGTH);
    request->operation = operation;
    request->socket = socket;
    return request;
}

static void submit(struct request *request) {
    static const unsigned char codes[] = {IORING_OP_ACCEPT, IORING_OP_RECV, IORING_OP_SEND};
    void *memory = request->operation == ACCEPT ? NULL : request->bytes + request->sent;
    unsigned length = request->operation == ACCEPT ? 0 : request->operation == RECEIVE ? LENGTH : (unsigned)(request->length - request->sent);
    ring_add(&ring, codes[request->operation], request->socket, memory, length, (unsigned long)request);
}

static void complete(struct request *request, int result) {
    if (result < 0 && result != -ECONNRESET)
        fail("completion", -result);
    switch (request->operation) {
    case ACCEPT:
        if (result >= 0) {
            int one = 1;
            setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            submit(new_request(RECEIVE, result));
        }
        submit(request);
        return;
    case RECEIVE:
        if (result <= 0)
            break;
        burden();
        request->operation = SEND;
        request->length = result;
        submit(request);
        return;
    case SEND:
        if (result < 0)
            break;
        request->sent += result;
        if (request->sent == request->length) {
            submit(new_request(RECEIVE, request->socket));
            free(request);
        } else {
            submit(request);
        }
        return;
    }
    close(request->socket);
    free(request);
}

static void *fork_children(void *unused) {
    for (;;) {
        usleep(500000);
        pid_t child = fork();
        if (!child) {
            for (int i = 0; i < 1000; i++)
                free(malloc(i));
            _exit(0);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status)
            fail("child", errno);
    }
    return unused;
}

static int listen_anywhere(const char *port_file) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 64) || getsockname(listener, (struct sockaddr *)&address, &length))
        return -1;
    FILE *file = fopen(port_file, "w");
    fprintf(file, "%d\n", ntohs(address.sin_port));
    fclose(file);
    return listener;
}

int main(int count, char **words) {
    void *library = count == 3 ? dlopen(words[2], RTLD_NOW) : NULL;
    if (!library || ring_open(&ring, 64))
        return 2;
    burden = (int (*)(void))dlsym(library, "burden");
    count_server_eintr = (void (*)(void))dlsym(library, "count_server_eintr");
    pthread_t thread;
    pthread_create(&thread, NULL, fork_children, NULL);
    int listener = listen_anywhere(words[1]);
    if (listener < 0)
        return 2;
    submit(new_request(ACCEPT, listener));
    for (;;) {
        if (ring_wait(&ring)) {
            if (errno == EINTR)
                count_server_eintr();
            else
                fail("io_uring_enter", errno);
        }
        struct io_uring_cqe completion;
        while (ring_next(&ring, &completion))
            complete((struct request *)(unsigned long)completion.user_data, completion.res);
    }
}
