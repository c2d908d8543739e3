// An io_uring by system calls alone, for one thread.
#pragma once
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
    int fd;
    unsigned waiting; // entries that the kernel has not been handed yet
    unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
};

static inline int ring_open(struct ring *ring, unsigned entries) {
    struct io_uring_params params;
    memset(&params, 0, sizeof params);
    ring->fd = (int)syscall(SYS_io_uring_setup, entries, &params);
    if (ring->fd < 0)
        return -1;
    size_t sq_bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t cq_bytes = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    int access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
    char *sq = (char *)mmap(NULL, sq_bytes, access, flags, ring->fd, IORING_OFF_SQ_RING);
    char *cq = (char *)mmap(NULL, cq_bytes, access, flags, ring->fd, IORING_OFF_CQ_RING);
    void *sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), access, flags, ring->fd, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED)
        return -1;
    ring->waiting = 0;
    ring->sq_tail = (unsigned *)(sq + params.sq_off.tail);
    ring->sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
    ring->sq_array = (unsigned *)(sq + params.sq_off.array);
    ring->cq_head = (unsigned *)(cq + params.cq_off.head);
    ring->cq_tail = (unsigned *)(cq + params.cq_off.tail);
    ring->cq_mask = (unsigned *)(cq + params.cq_off.ring_mask);
    ring->sqes = (struct io_uring_sqe *)sqes;
    ring->cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
    return 0;
}

static inline void ring_add(struct ring *ring, unsigned char operation, int fd, const void *memory, unsigned length, unsigned long long data) {
    unsigned tail = *ring->sq_tail, index = tail & *ring->sq_mask;
    struct io_uring_sqe *sqe = &ring->sqes[index];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = operation;
    sqe->fd = fd;
    sqe->addr = (unsigned long)memory;
    sqe->len = length;
    sqe->user_data = data;
    ring->sq_array[index] = index;
    __atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
    ring->waiting++;
}

// Hands over what was added and waits for one completion; -1 and errno, EINTR among them.
static inline int ring_wait(struct ring *ring) {
    long taken = syscall(SYS_io_uring_enter, ring->fd, ring->waiting, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    if (taken >= 0)
        ring->waiting -= (unsigned)taken;
    return taken < 0 ? -1 : 0;
}

static inline int ring_next(struct ring *ring, struct io_uring_cqe *completion) {
    unsigned head = *ring->cq_head;
    if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
        return 0;
    *completion = ring->cqes[head & *ring->cq_mask];
    __atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
    return 1;
}
