/* SPDX-License-Identifier: MIT */
/* Buffers that received bytes travel in, from the socket to the write callback. They are recycled
 * last in, first out across all threads, so that the memory in use is the memory in the cache. */
#ifndef BASE_CHUNK_H
#define BASE_CHUNK_H

#include <stddef.h>

enum {
    CHUNK_SMALL = 16384, /* CURL_MAX_WRITE_SIZE: what a transfer begins with */
    CHUNK_LARGE = 65536, /* once it moves much */
};

struct lock;

struct chunk {
    struct chunk *next; /* the holder's, to queue it */
    size_t start;       /* first byte in use */
    size_t end;         /* behind the last byte in use */
    size_t size;        /* bytes that fit */
    char bytes[];
};

/* A chunk of CHUNK_SMALL or CHUNK_LARGE bytes, empty; NULL when memory is short. Any thread. */
struct chunk *chunk_take(size_t size);

/* Gives it back; NULL is fine. Any thread. */
void chunk_drop(struct chunk *);

/* Bytes of all chunks that are taken and not given back; approximate. Any thread. */
size_t chunk_bytes_in_use(void);

/* The lock of what is kept, for whoever sees to fork(). */
struct lock *chunk_lock(void);

/* Frees what is kept for reuse (curl_global_cleanup). */
void chunk_forget_spares(void);

static inline size_t chunk_len(const struct chunk *c)
{
    return c->end - c->start;
}

static inline char *chunk_at(struct chunk *c)
{
    return c->bytes + c->start;
}

#endif
