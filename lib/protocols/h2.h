/* SPDX-License-Identifier: MIT */
/* HTTP/2 (RFC 9113) on a connection: one session, which its worker has read and write, and any
 * number of streams, each used by its transfer's fiber. All of it on one worker while there are
 * streams; without, it sleeps in the pool, and another worker may have it next.
 *
 * What the peer sends on a stream is kept until the stream's user takes it, and the peer's window
 * opens as that happens: a stream that nobody takes from stalls alone. The connection's own window
 * opens at once, so that it does not stall the others. */
#ifndef PROTOCOLS_H2_H
#define PROTOCOLS_H2_H

#include "base/chunk.h"
#include "base/str.h"
#include "net/connection.h"
#include "runtime/wait.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct h2;
struct h2_stream;

/* True for a connection that speaks HTTP/2: its session runs, or ALPN chose it. */
bool h2_is_on(const struct connection *);

/* What a session that begins is to be. */
struct h2_terms {
    long most;   /* transfers that share the connection */
    bool pushes; /* the peer may push */
};

/* The session of a connection; begins it on a new one (preface, SETTINGS) and shares the connection
 * with transfers of this worker. CURLE_OUT_OF_MEMORY. */
CURLcode h2_session(struct connection *, const struct h2_terms *, struct h2 **ret_session);

/* The same on a connection whose server has just agreed to go on in HTTP/2 (RFC 7540 3.2):
 * *ret_stream is the one for the request that was sent in HTTP/1, `head` if that was a HEAD. What
 * it was told of our settings is h2_upgrade_settings. */
CURLcode h2_upgrade(struct connection *, const struct h2_terms *, bool head,
                    struct h2_stream **ret_stream);

/* The value of "HTTP2-Settings", base64url. */
extern const char h2_upgrade_settings[];

/* Opens a stream with a request's head as HTTP/1 text. Without a `body` the head ends it. The
 * caller must h2_stream_free it. CURLE_HTTP2 when the session has ended, CURLE_OUT_OF_MEMORY. */
CURLcode h2_request(struct h2 *, struct str head, struct str scheme, bool body, long weight,
                    struct h2_stream **ret_stream);

/* A request that the peer pushes the answer to, for the owner of the stream that it came on, on the
 * worker's own stack: "name:value" each, with a NUL behind, which the owner may take. True when it
 * takes the stream too. */
typedef bool h2_push_function(void *owner, struct h2_stream *pushed, struct buf *fields,
                              size_t count);
void h2_stream_on_push(struct h2_stream *, h2_push_function *, void *owner);

/* Whether a pushed request is for the server that this stream's was for: ":scheme" and
 * ":authority" are the same, but for a default port. */
bool h2_is_same_origin(const struct h2_stream *, struct str scheme, struct str authority);

/* Ends the stream, with RST_STREAM if it is not over. Takes NULL. */
void h2_stream_free(struct h2_stream *);

/* Sends bytes of the request's body as far as flow control lets them go: returns when all are with
 * the session's writer. `end`: it is the last of it; `len` may be 0 then. CURLE_SEND_ERROR when the
 * stream or session has ended before; CURLE_OK when the peer needs no more (it answered and reset
 * the stream with NO_ERROR). Errors of waits. */
WAITS CURLcode h2_send(struct h2_stream *, const char *bytes, size_t len, bool end);

/* The next head as HTTP/1 text lines with a blank one behind, good until the next call:
 * informational or final. CURLE_RECV_ERROR when it was broken off: see h2_failed. */
WAITS CURLcode h2_recv_head(struct h2_stream *, int64_t deadline, struct str *ret_lines);

/* The trailers as lines, without a blank one; complete when the body has ended. */
struct str h2_trailers(const struct h2_stream *);

/* The next piece of the body, which is the caller's then; NULL at its end. */
WAITS CURLcode h2_recv(struct h2_stream *, int64_t deadline, struct chunk **ret_chunk);

/* `len` bytes of the body are taken: the peer may send so many more. */
void h2_consumed(struct h2_stream *, size_t len);

/* After an error: what it means for the transfer. CURLE_HTTP2_STREAM, CURLE_HTTP2, or the
 * connection's, with the reason in words. *ret_retry: the peer has not looked at the request
 * (REFUSED_STREAM, GOAWAY). */
CURLcode h2_failed(const struct h2_stream *, bool *ret_retry, char text[CURL_ERROR_SIZE]);

/* Whether it was this stream alone: REFUSED_STREAM. */
bool h2_was_refused(const struct h2_stream *);

/* After an error: the peer wants the request in HTTP/1.1 (HTTP_1_1_REQUIRED). */
bool h2_wants_http1(const struct h2_stream *);

int32_t h2_stream_id(const struct h2_stream *);

/* The session takes more requests. */
bool h2_is_usable(const struct h2 *);

#endif
