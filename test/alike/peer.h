/* SPDX-License-Identifier: MIT */
/* A server in a thread of the program: it keeps what it reads, answers each request with what it
 * was told, and closes. */
#ifndef TEST_ALIKE_PEER_H
#define TEST_ALIKE_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct peer {
    int listener;
    unsigned short port;
    pthread_mutex_t mutex; /* held while a connection is served */
    pthread_cond_t closed;
    unsigned ended; /* connections that were served and not yet waited for */
    const char *response;
    size_t response_len;
    char bytes[300000]; /* what was read since peer_forget() */
    size_t len;
};

extern struct peer peer;

/* Once in a process. It answers 200 and "ok" until told otherwise. */
void peer_open(void);

/* What the next request gets. */
void peer_responds(const char *bytes, size_t len);

/* Waits until the connection of the last transfer was served. */
void peer_wait(void);

#endif
