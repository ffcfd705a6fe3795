/* SPDX-License-Identifier: MIT */
/* A request over HTTP/2, in the steps of http.h: what differs from HTTP/1 once the request's head
 * is written as text. Every function is for a connection for which http2_is_on holds. */
#ifndef PROTOCOLS_HTTP2_H
#define PROTOCOLS_HTTP2_H

#include "protocols/http.h"

#ifdef HAVE_NGHTTP2

/* The connection of the hop speaks HTTP/2. */
bool http2_is_on(const struct hop *);

/* The request asks for an upgrade to HTTP/2 (CURL_HTTP_VERSION_2_0 without TLS). */
bool http2_is_asked_for(const struct http *);

/* The value of "HTTP2-Settings" that goes with it. */
const char *http2_settings(void);

/* The server has agreed: the response comes on the connection's first stream. */
CURLcode http2_upgrade(struct http *);

/* Sends the head; a body follows unless the request has none. */
CURLcode http2_send_head(struct http *);

/* Sends bytes of the body. */
WAITS CURLcode http2_send_body(struct http *, const char *bytes, size_t len, bool end);

/* http_read_head and http_read_body. `take` is given the head's lines. */
WAITS CURLcode http2_read_head(struct http *, CURLcode (*take)(struct http *, struct str),
                               int64_t deadline);
WAITS CURLcode http2_read_body(struct http *);

/* The stream is over, however far it came. */
void http2_end(struct http *);

#else

static inline bool http2_is_on(const struct hop *hop)
{
    (void)hop;
    return false;
}

static inline bool http2_is_asked_for(const struct http *h)
{
    (void)h;
    return false;
}

static inline const char *http2_settings(void)
{
    return "";
}

static inline CURLcode http2_upgrade(struct http *h)
{
    (void)h;
    return CURLE_NOT_BUILT_IN;
}

static inline CURLcode http2_send_head(struct http *h)
{
    (void)h;
    return CURLE_NOT_BUILT_IN;
}

static inline CURLcode http2_send_body(struct http *h, const char *bytes, size_t len, bool end)
{
    (void)h;
    (void)bytes;
    (void)len;
    (void)end;
    return CURLE_NOT_BUILT_IN;
}

static inline CURLcode http2_read_head(struct http *h, CURLcode (*take)(struct http *, struct str),
                                       int64_t deadline)
{
    (void)h;
    (void)take;
    (void)deadline;
    return CURLE_NOT_BUILT_IN;
}

static inline CURLcode http2_read_body(struct http *h)
{
    (void)h;
    return CURLE_NOT_BUILT_IN;
}

static inline void http2_end(struct http *h)
{
    (void)h;
}

#endif

#endif
