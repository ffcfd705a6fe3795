/* SPDX-License-Identifier: MIT */
/* What a worker tells the application's side, in order, one stream a transfer. An event belongs to
 * the worker until it is sent and to the application's side afterwards. */
#ifndef BOUNDARY_EVENT_H
#define BOUNDARY_EVENT_H

#include "base/chunk.h"
#include "boundary/auth_memory.h"
#include "boundary/facts.h"
#include "runtime/mailbox.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct exchange;

enum event_kind {
    EVENT_HEAD,  /* header lines of one head (or trailers), with the facts as of their end */
    EVENT_BODY,  /* bytes of the body */
    EVENT_FACTS, /* news for getinfo and the progress callback */
    EVENT_LOG,   /* for the debug callback or stderr */
    EVENT_ASK,   /* a callback of the program is wanted; the worker's fiber waits for the answer */
    EVENT_PUSH,  /* the server has pushed something: boundary/push.h */
    EVENT_CLOSE, /* a socket for CURLOPT_CLOSESOCKETFUNCTION, of no transfer */
    EVENT_DONE,  /* the last one */
};

struct event {
    struct post post; /* in the mailbox, then in the exchange's queue */
    enum event_kind kind;
    struct exchange *exchange; /* NULL for EVENT_CLOSE */
};

struct event_head {
    struct event event;
    struct facts facts;
    unsigned origin; /* CURLH_* of the lines; 0: for the header callback only */
    long request;    /* number of the request that they answer, from 0 */
    size_t len;

    /* The application's, for a delivery that the program pauses. */
    size_t delivered;             /* bytes */
    bool applied;                 /* the facts are getinfo's */
    bool called;                  /* the callbacks have had the lines, on the worker, or get none */
    bool line_kept, line_written; /* of the line at `delivered` */

    char lines[]; /* each ends in a line feed; a NUL behind the last */
};

struct event_body {
    struct event event;
    struct chunk *chunk; /* owned; NULL when the bytes are in `small` */
    size_t offset;       /* first byte not delivered yet, of the chunk's or of `small` */
    size_t len;          /* bytes not delivered yet */
    struct {
        int flags;         /* CURLWS_*; 0: of no WebSocket frame */
        curl_off_t offset; /* of the bytes not delivered yet in the frame's payload */
        curl_off_t left;   /* bytes of the frame behind this event */
    } ws;
    char small[];
};

struct event_facts {
    struct event event;
    struct facts facts;
};

struct event_log {
    struct event event;
    curl_infotype type;
    size_t len;
    char bytes[]; /* NUL behind */
};

struct event_done {
    struct event event;
    struct facts facts;
    CURLcode result;
    struct curl_certinfo *certinfo;   /* owned, or NULL */
    struct auth_memory *auth;         /* owned: for the handle's next transfer, or NULL */
    struct connection *kept;          /* CONNECT_ONLY: the connection that stays with the handle */
    char error_text[CURL_ERROR_SIZE]; /* empty: the code's own text */
};

struct event_close {
    struct event event;
    curl_socket_t fd;
    curl_closesocket_callback callback;
    void *argument;
};

/* The length of the line at `delivered`. */
size_t event_head_line(const struct event_head *);

static inline struct event *event_of_post(struct post *p)
{
    return (struct event *)p;
}

/* Releases an event that will not be delivered (any more). An ask is not answered by that. */
void event_free(struct event *);

#endif
