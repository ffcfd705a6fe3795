/* SPDX-License-Identifier: MIT */
/* A tunnel through an HTTP/2 proxy (RFC 9113 8.5): a stream of bytes like any other, in the DATA
 * frames of the one request that a connection to the proxy carries. What lies above knows nothing
 * of it. The thread of the worker that owns the connection. */
#ifndef PROTOCOLS_H2_TUNNEL_H
#define PROTOCOLS_H2_TUNNEL_H

#include "base/str.h"
#include "net/stream.h"
#include "runtime/wait.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef HAVE_NGHTTP2

/* Puts an HTTP/2 session on a stream, which becomes the new one's. NULL when memory is short: the
 * stream below is the caller's still. */
struct stream *h2_tunnel_new(struct stream *below);

/* Asks for the tunnel with a CONNECT request in HTTP/1 text, in place of an earlier one that was
 * refused. CURLE_SEND_ERROR when the proxy takes no more requests or the connection is broken, with
 * the stream's `reason`; CURLE_OUT_OF_MEMORY; errors of waits. */
WAITS CURLcode h2_tunnel_request(struct stream *, struct str head, int64_t deadline);

/* The head of the answer as lines, with a blank one behind, good until the next request:
 * informational ones stand before it. CURLE_RECV_ERROR with the stream's `reason`; errors of
 * waits. */
WAITS CURLcode h2_tunnel_recv_head(struct stream *, int64_t deadline, struct str *ret_lines);

/* The proxy takes another request on this connection. */
bool h2_tunnel_may_ask_again(const struct stream *);

/* After an error: the proxy has left without a look at the request (GOAWAY), which may be made on a
 * new connection. */
bool h2_tunnel_is_unseen(const struct stream *);

#else

static inline struct stream *h2_tunnel_new(struct stream *below)
{
    (void)below;
    return NULL;
}

static inline CURLcode h2_tunnel_request(struct stream *s, struct str head, int64_t deadline)
{
    (void)s;
    (void)head;
    (void)deadline;
    return CURLE_NOT_BUILT_IN;
}

static inline CURLcode h2_tunnel_recv_head(struct stream *s, int64_t deadline, struct str *ret)
{
    (void)s;
    (void)deadline;
    (void)ret;
    return CURLE_NOT_BUILT_IN;
}

static inline bool h2_tunnel_may_ask_again(const struct stream *s)
{
    (void)s;
    return false;
}

static inline bool h2_tunnel_is_unseen(const struct stream *s)
{
    (void)s;
    return false;
}

#endif

#endif
