/* SPDX-License-Identifier: MIT */
/* The insides of CONNECT, for its files: http_connect.c asks and judges, http_connect_answer.c
 * understands what the proxy says, http_connect_http1.c and protocols/h2_tunnel.h bring it. */
#ifndef PROTOCOLS_HTTP_CONNECT_H
#define PROTOCOLS_HTTP_CONNECT_H

#include "base/buf.h"
#include "protocols/hop.h"
#include "protocols/http.h"
#include "runtime/wait.h"

struct tunnel {
    struct hop *hop;
    struct connection *connection;
    int64_t deadline;
    struct buf authority; /* "host:port" */

    /* The response. */
    struct head_reader reader;
    struct buf lines;
    struct head_status status;
    struct head_facts fields;
    bool proxy_close, proxy_keep_alive; /* what Proxy-Connection says */
};

#define TUNNEL_LOG(t, ...)                                                                         \
    do {                                                                                           \
        if ((t)->hop->hooks->log)                                                                  \
            (t)->hop->hooks->log((t)->hop->hooks->owner, __VA_ARGS__);                             \
    } while (0)

/* The error text of the transfer; returns `code`. */
static inline CURLcode tunnel_fail(struct tunnel *t, CURLcode code, const char *text)
{
    return t->hop->hooks->fail(t->hop->hooks->owner, code, "%s", text);
}

/* ---- http_connect_answer.c ---- */

/* An answer begins. */
void tunnel_begin_head(struct tunnel *);

/* Its next line, with its end; the blank one is the last. Errors with a text. */
CURLcode tunnel_take_line(struct tunnel *, struct str line);

/* The program hears of the whole head: with CURLOPT_SUPPRESS_CONNECT_HEADERS its log only. */
WAITS CURLcode tunnel_publish_head(struct tunnel *);

bool tunnel_is_success(const struct tunnel *);

/* ---- http_connect_http1.c: the bytes of the connection ---- */

WAITS CURLcode tunnel_read_head(struct tunnel *);

/* Reads a refusal's body, so that another request may follow. *ret_whole stays false where the
 * connection ends with it, or that is not worth reading. */
WAITS CURLcode tunnel_skip_body(struct tunnel *, bool *ret_whole);

#endif
