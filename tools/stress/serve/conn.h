/* SPDX-License-Identifier: MIT */
/*
 * A connection of the loopback server: HTTP/1.1 with keep-alive and pipelining, plain or TLS. It
 * never blocks; it goes as far as the socket lets it and says what it waits for.
 */
#ifndef STRESS_CONN_H
#define STRESS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/delays.h"
#include "serve/answer.h"
#include "serve/request.h"
#include "serve/upload.h"

enum conn_phase {
    CONN_HEAD,   /* reads a request's head */
    CONN_BODY,   /* reads its body */
    CONN_DELAY,  /* waits until the answer is due */
    CONN_ANSWER, /* writes the answer */
    CONN_PAUSE,  /* waits between two parts of it */
    CONN_STALL,  /* waits for the other end to go */
    CONN_LINGER, /* has refused; reads on, so that the refusal is not lost to a reset */
};

struct conn {
    struct conn *next;
    struct conn *prev;
    struct delay delay; /* of an answer, or of the end of lingering */
    SSL *tls;           /* NULL: plain */
    int fd;
    uint32_t interest; /* the epoll events it waits for; 0: none */
    uint32_t watched;  /* those that epoll was told */
    enum conn_phase phase;
    struct request request;
    struct upload upload;
    struct answer answer;
    uint64_t answered;  /* bytes of the answer that are written */
    uint64_t part_end;  /* up to which it may be written before a pause */
    bool interim;       /* the answer is 100 (Continue) */
    bool was_encrypted; /* the handshake is over */
    size_t in_len;
    char in[REQUEST_HEAD_MAX];
};

/* Takes over `fd`, which does not block; `context` NULL: plain. NULL when there is no memory (fd is
 * closed). */
struct conn *conn_new(int fd, SSL_CTX *context);

/* Closes it. Takes NULL. Its delay must not be in a heap. */
void conn_free(struct conn *conn);

/*
 * Goes as far as it can. False: it is over, free it. Else `interest` says what it waits for; in the
 * phases CONN_DELAY, CONN_PAUSE and CONN_LINGER also for `conn_delay_ms` milliseconds to pass.
 */
bool conn_run(struct conn *conn);

/* How long it waits in this phase at most; 0: there is no limit. */
uint64_t conn_delay_ms(const struct conn *conn);

/* The delay has passed. As conn_run. */
bool conn_delay_over(struct conn *conn);

#endif
