// Requests to a server at a steady rate, each answer compared. load redis|http|http-close|echo PORT RATE FILE, until SIGTERM: FILE gets
// for each request when it began (CLOCK_MONOTONIC, ns) and how long it took (ns; 0 for an error). Errors go to standard error.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BODY = 2000, PER_CONNECTION = 10, SECOND = 1000000000 };
static char request[8192], want[8192], reply[16384];
static size_t request_length, want_length;
static int is_http, per_connection = PER_CONNECTION;
static volatile sig_atomic_t is_over;

static void end(int number) {
    (void)number;
    is_over = 1;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static void make_redis(unsigned number) {
    static char value[3000];
    int length = 10 + (int)(number / 3 * 37 % 2900), key = (int)(number / 3 % 500);
    memset(value, 'a' + key % 26, (size_t)length);
    switch (number % 3) {
    case 0:
        request_length = (size_t)sprintf(request, "SET key:%d %.*s\r\n", key, length, value);
        want_length = (size_t)sprintf(want, "+OK\r\n");
        break;
    case 1:
        request_length = (size_t)sprintf(request, "GET key:%d\r\n", key);
        want_length = (size_t)sprintf(want, "$%d\r\n%.*s\r\n", length, length, value);
        break;
    default:
        request_length = (size_t)sprintf(request, "BURDEN\r\n");
        want_length = (size_t)sprintf(want, ":1\r\n");
    }
}

static void make_request(const char *kind, unsigned number) {
    if (!strcmp(kind, "redis")) {
        make_redis(number);
    } else if (is_http) {
        request_length = (size_t)sprintf(request, "GET /body HTTP/1.1\r\nHost: localhost\r\n%s\r\n", per_connection == 1 ? "Connection: close\r\n" : "");
        memset(want, 'x', want_length = BODY);
    } else {
        request_length = want_length = 1 + number * 41 % 4000;
        for (size_t i = 0; i < request_length; i++)
            request[i] = want[i] = (char)(number + i);
    }
}

static int connect_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval timeout = {.tv_sec = 10};
    int one = 1, socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(socket_, (struct sockaddr *)&address, sizeof address)) {
        close(socket_);
        return -1;
    }
    return socket_;
}

// Where the part of the reply begins that is compared: after the header of HTTP, if that says 200. -1 if it is not all there yet.
static long compared_from(size_t length) {
    if (!is_http)
        return 0;
    char *end_of_header = memmem(reply, length, "\r\n\r\n", 4);
    return end_of_header && !strncmp(reply, "HTTP/1.1 200", 12) ? end_of_header + 4 - reply : -1;
}

// What went wrong, or nothing.
static const char *exchange(int socket_) {
    if (send(socket_, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
        return "send";
    for (size_t length = 0;;) {
        ssize_t part = recv(socket_, reply + length, sizeof reply - length, 0);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return part ? "recv" : "connection closed";
        length += (size_t)part;
        long from = compared_from(length);
        if (from < 0 || length - (size_t)from < want_length)
            continue;
        return length - (size_t)from == want_length && !memcmp(reply + from, want, want_length) ? NULL : "wrong reply";
    }
}

int main(int count, char **words) {
    if (count != 5)
        return 2;
    const char *kind = words[1];
    is_http = !strncmp(kind, "http", 4);
    if (!strcmp(kind, "http-close"))
        per_connection = 1;
    int port = atoi(words[2]), socket_ = -1;
    uint64_t interval = SECOND / (uint64_t)atoi(words[3]);
    FILE *file = fopen(words[4], "w");
    signal(SIGTERM, end);

    uint64_t due = now(), last_end = 0;
    for (unsigned number = 0; !is_over; number++, due += interval) {
        uint64_t early = now();
        if (early < due) {
            struct timespec until = {(time_t)(due / SECOND), (long)(due % SECOND)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        }
        make_request(kind, number);
        // A request that an earlier one has held up has waited, too; one that this program is late with has not.
        uint64_t start = last_end > due ? due : now();
        if (socket_ < 0)
            socket_ = connect_to(port);
        const char *error = socket_ < 0 ? "connect" : exchange(socket_);
        last_end = now();
        uint64_t record[2] = {start, error ? 0 : last_end - start};
        fwrite(record, sizeof record, 1, file);
        if (error)
            fprintf(stderr, "load: error: %s in request %u: %s\n", error, number, strerror(errno));
        if (error || (number + 1) % (unsigned)per_connection == 0) {
            close(socket_);
            socket_ = -1;
        }
    }
    return fclose(file) != 0;
}
