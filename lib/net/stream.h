/* SPDX-License-Identifier: MIT */
/* A stream of bytes in both directions: a socket, or TLS on top of another stream. Code tries first
 * and waits on CURLE_AGAIN. One fiber at a time reads, one at a time writes (they may differ). The
 * thread of the worker that owns the connection. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/chunk.h"
#include "runtime/wait.h"

#include <curl/curl.h>
#include <stdint.h>

struct stream;

struct stream_kind {
    const char *name;
    /* CURLE_OK with *ret_len 0: the peer's orderly end. CURLE_AGAIN: wait for stream->recv_needs.
     * CURLE_RECV_ERROR otherwise. */
    CURLcode (*try_recv)(struct stream *, void *bytes, size_t len, size_t *ret_len);
    /* CURLE_AGAIN: wait for stream->send_needs; the same bytes must be offered again.
     * CURLE_SEND_ERROR otherwise. */
    CURLcode (*try_send)(struct stream *, const void *bytes, size_t len, size_t *ret_len);
    bool (*has_pending)(
        const struct stream *); /* bytes, or the end, are here: readable without the socket */
    bool (*seems_alive)(
        struct stream *);           /* idle: no end and no unexpected bytes waiting; never blocks */
    void (*quiet)(struct stream *); /* goes idle: gives buffers back */
    void (*shut)(
        struct stream *); /* says good-bye as far as that does not block (TLS close_notify) */
    void (*free)(struct stream *); /* releases without a word; frees `below` too */
};

struct stream {
    const struct stream_kind *kind;
    struct stream *below; /* owned; NULL for a socket */
    struct watch *watch;  /* the socket's, borrowed by upper streams; replaced when the connection
                             moves to another worker */
    unsigned recv_needs;  /* WAIT_* after try_recv gave CURLE_AGAIN */
    unsigned send_needs;  /* WAIT_* after try_send gave CURLE_AGAIN */
    int os_errno;         /* of the last failure, 0 for none */
    const char *reason;   /* the last failure in words, the stream's; NULL: os_errno says it */
    bool cut; /* the peer ended without a good-bye where it owes one (TLS close_notify) */
};

/* A stream on a connected, non-blocking socket. It does not own the descriptor. NULL when memory is
 * short. */
struct stream *stream_new_socket(struct watch *);

static inline CURLcode stream_try_recv(struct stream *s, void *bytes, size_t len, size_t *ret_len)
{
    return s->kind->try_recv(s, bytes, len, ret_len);
}

static inline CURLcode stream_try_send(struct stream *s, const void *bytes, size_t len,
                                       size_t *ret_len)
{
    return s->kind->try_send(s, bytes, len, ret_len);
}

/* Waits after CURLE_AGAIN of a receive or of a send. */
WAITS CURLcode stream_wait_recv(struct stream *, int64_t deadline);
WAITS CURLcode stream_wait_send(struct stream *, int64_t deadline);

/* Receives at least a byte (0 at the end), as much as is there up to `len`. */
WAITS CURLcode stream_recv(struct stream *, void *bytes, size_t len, int64_t deadline,
                           size_t *ret_len);

/* Sends all. */
WAITS CURLcode stream_send_all(struct stream *, const void *bytes, size_t len, int64_t deadline);

/* For the connection's owner: the streams use another watch from now on. */
void stream_use_watch(struct stream *, struct watch *);
void stream_free(struct stream *);

#endif
