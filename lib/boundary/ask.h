/* SPDX-License-Identifier: MIT */
/* A question to the program: the worker sends it as an event, the application's side runs the
 * callback on its own thread, writes the answer in and posts the ask back. */
#ifndef BOUNDARY_ASK_H
#define BOUNDARY_ASK_H

#include "boundary/event.h"
#include "net/address.h"
#include "runtime/worker.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum ask_kind {
    ASK_READ,           /* CURLOPT_READFUNCTION: fill `chunk`, from its start; empty: the end */
    ASK_SEEK,           /* CURLOPT_SEEKFUNCTION to `offset` from the start */
    ASK_TRAILERS,       /* CURLOPT_TRAILERFUNCTION */
    ASK_PREREQ,         /* CURLOPT_PREREQFUNCTION; the facts are up to date */
    ASK_OPEN_SOCKET,    /* CURLOPT_OPENSOCKETFUNCTION */
    ASK_SOCKET_OPTIONS, /* CURLOPT_SOCKOPTFUNCTION */
    ASK_SSL_CONTEXT,    /* CURLOPT_SSL_CTX_FUNCTION */
    ASK_MATCH,          /* CURLOPT_FNMATCH_FUNCTION, of the texts */
    ASK_CHUNK_BEGIN,    /* CURLOPT_CHUNK_BGN_FUNCTION, of the file */
    ASK_CHUNK_END,      /* CURLOPT_CHUNK_END_FUNCTION */
    ASK_RESOLVER_START, /* CURLOPT_RESOLVER_START_FUNCTION */
    ASK_SSH_KEY,        /* CURLOPT_SSH_KEYFUNCTION, of `key` */
    ASK_SSH_HOST_KEY,   /* CURLOPT_SSH_HOSTKEYFUNCTION, of `key` */
    ASK_CALL,           /* `call`, on the program's thread */
    ASK_NOTHING,        /* the answer says that all before it was delivered */
};

/* The key of an SSH server. */
struct ask_key {
    struct curl_khkey found;        /* what it showed */
    const struct curl_khkey *known; /* what it should be; NULL: nobody knows */
    enum curl_khmatch match;
    int host_type; /* of the found one, as CURLOPT_SSH_HOSTKEYFUNCTION counts */
};

struct ask { /* NOLINT(clang-analyzer-optin.performance.Padding): by meaning, not by size */
    struct event event;       /* on the way to the application's side */
    struct worker_post reply; /* on the way back */
    enum ask_kind kind;

    /* The question. */
    size_t wanted;              /* ASK_READ: bytes at most; 2 at least, unless they are dropped */
    bool dropped;               /* ASK_READ: the bytes are only passed over */
    bool as_it_comes;           /* ASK_READ: the default reader does not wait for more */
    bool ws_frames;             /* ASK_READ: the callback may begin WebSocket frames */
    curl_off_t offset;          /* ASK_SEEK */
    void *ssl_ctx;              /* ASK_SSL_CONTEXT; lent */
    void *resolver_state;       /* ASK_RESOLVER_START: a c-ares channel, lent; NULL: none is used */
    bool as_text;               /* ASK_READ: line ends become CRLF, whatever CURLOPT_CRLF says */
    curl_socket_t fd;           /* ASK_SOCKET_OPTIONS, lent; the answer of ASK_OPEN_SOCKET */
    bool accepted;              /* ASK_SOCKET_OPTIONS: the peer made the connection */
    bool datagrams;             /* ASK_OPEN_SOCKET: it is for UDP */
    struct address address;     /* ASK_OPEN_SOCKET: may be changed */
    char *texts;                /* ASK_MATCH: the pattern, a NUL, the name; owned */
    struct curl_fileinfo *file; /* ASK_CHUNK_BEGIN: in one piece of memory with its texts; owned */
    int remaining;              /* ASK_CHUNK_BEGIN: files from this one on */

    const struct ask_key *key; /* ASK_SSH_KEY, ASK_SSH_HOST_KEY; lent */

    /* ASK_CALL. */
    CURLcode (*call)(void *argument);
    void *argument;
    unsigned resumes;      /* the program's: those of the exchange when it was called */
    struct ask *next_held; /* the program's */

    /* What the question shows the callback is the worker's, who takes it back when the transfer is
     * cancelled: the callback is not run any more then, or it is waited for (ask_claim). */
    bool lends;
    atomic_bool claimed; /* by the side that has the last word on it; either */

    /* The answer. */
    CURLcode result;     /* not CURLE_OK: the callback wants the transfer to end so */
    int answer;          /* what the callback returned */
    struct chunk *chunk; /* ASK_READ: owned by whoever holds the ask */
    bool ws_started;     /* ASK_READ: the bytes begin a frame (curl_ws_start_frame) */
    unsigned ws_flags;   /* of that frame */
    curl_off_t ws_size;  /* of its payload */
    char *trailers;      /* ASK_TRAILERS: lines, each with CRLF, owned; NULL for none */

    /* The worker's. */
    struct fiber *fiber;
    bool answered;
    bool abandoned; /* the fiber went on without it: free it when it comes back */
};

/* Worker side, a fiber. A new ask, or NULL when memory is short. */
struct ask *ask_new(struct exchange *, enum ask_kind);
void ask_free(struct ask *); /* takes NULL; not while it is on its way */

/* Sends the question. */
void ask_send(struct ask *);

/* Waits for the answer. On an error the ask is abandoned: it is not the caller's any more; nor is
 * the program at what was lent. */
WAITS CURLcode ask_wait(struct ask *, int64_t deadline);

/* Waits until the program had all that was sent, as far as that can be waited for. */
WAITS void ask_until_delivered(struct exchange *);

/* Has `call` run on the program's thread, again after each resume as long as it returns
 * CURLE_AGAIN, and returns its result. Cancelled or overdue it comes back at once, unless the call
 * is running just then: it never runs after the return. */
WAITS CURLcode ask_call(struct exchange *, CURLcode (*call)(void *argument), void *argument,
                        int64_t deadline);

/* Gives up an ask that was sent (answered or not). */
void ask_abandon(struct ask *);

/* Application side, before the callback of an ask that lends is run: false when the worker has
 * taken it back. One that is put off until the program resumes is the worker's to take back again:
 * ask_unclaim. */
bool ask_claim(struct ask *);
void ask_unclaim(struct ask *);

/* Application side: the answer is written; hands the ask back to its worker. */
void ask_reply(struct ask *);

#endif
