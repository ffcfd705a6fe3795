/* SPDX-License-Identifier: MIT */
#include "protocols/http2.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/h2.h"

#include <string.h>

bool http2_is_on(const struct hop *hop)
{
    return h2_is_on(hop->connection);
}

/* The request is made once more: where there is room, if the peer refused the stream (it may have
 * been opened before the peer's limit was known), and on a new connection otherwise, and when it is
 * refused again. */
static void ask_again(struct hop *hop, bool refused)
{
    hop->retry = true;
    hop->on_any_connection = refused && !hop->was_refused;
    hop->on_new_connection = !hop->on_any_connection;
    hop->was_refused |= refused;
}

/* Says why, and whether the request may be tried again. */
static CURLcode failed(struct http *h)
{
    const struct net_hooks *hooks = h->hop->hooks;
    char text[CURL_ERROR_SIZE];
    bool retry;
    CURLcode result = h2_failed(h->h2, &retry, text);

    if (h->head_complete && h->status.code >= 200)
        retry = false;
    else if (h2_wants_http1(h->h2))
        retry = h->hop->without_http2 = true;
    if (retry)
        ask_again(h->hop, h2_was_refused(h->h2));
    return hooks->fail(hooks->owner, result, "%s", text);
}

/* ---- The upgrade ---- */

bool http2_is_asked_for(const struct http *h)
{
    const struct hop *hop = h->hop;

    return hop->settings->http_version == CURL_HTTP_VERSION_2_0 && !hop->connection->is_tls &&
           !hop->forwards && !hop->without_http2 && !h2_is_on(hop->connection) &&
           h->upload.source == SOURCE_NONE;
}

const char *http2_settings(void)
{
    return h2_upgrade_settings;
}

CURLcode http2_upgrade(struct http *h)
{
    const struct hop *hop = h->hop;
    struct h2_terms terms = {.most = hop->most_streams,
                             .pushes = hop->exchange->request->wants_pushes};

    if (hop->hooks->log)
        hop->hooks->log(hop->hooks->owner, "Received 101, Switching to HTTP/2");
    return h2_upgrade(hop->connection, &terms, http_is_head(hop), &h->h2);
}

/* ---- Pushes ---- */

static void free_pushed(void *stream)
{
    h2_stream_free(stream);
}

/* A request that may be made unasked: without a body, to this server (RFC 9113 8.4). */
static bool may_be_pushed(const struct h2_stream *s, const struct push *p)
{
    const char *method = push_value(p, ":method"), *path = push_value(p, ":path");
    const char *scheme = push_value(p, ":scheme"), *authority = push_value(p, ":authority");

    return method && path && scheme && authority &&
           (!strcmp(method, "GET") || !strcmp(method, "HEAD")) &&
           h2_is_same_origin(s, str_of(scheme), str_of(authority));
}

/* Goes to the program. */
static bool offer_push(void *owner, struct h2_stream *pushed, struct buf *fields, size_t count)
{
    struct http *h = owner;
    struct exchange *x = h->hop->exchange;
    struct push *p;

    if (x->silent)
        return false;
    p = push_new(h->hop->connection, pushed, free_pushed, fields, count);
    if (!p)
        return false;
    if (!may_be_pushed(h->h2, p)) {
        push_end(p);
        return true;
    }
    p->event.exchange = x;
    exchange_send(x, &p->event);
    return true;
}

static CURLcode take_pushed(struct http *h)
{
    buf_clear(&h->request);
    h->h2 = push_take_stream(h->hop->pushed);
    h->hop->pushed = NULL;
    return CURLE_OK;
}

/* ---- The request ---- */

CURLcode http2_send_head(struct http *h)
{
    const struct hop *hop = h->hop;
    const struct settings *s = hop->settings;
    bool body = h->upload.source != SOURCE_NONE, pushes = hop->exchange->request->wants_pushes;
    struct h2_terms terms = {.most = hop->most_streams, .pushes = pushes};
    struct h2 *session;
    CURLcode result;

    if (hop->pushed)
        return take_pushed(h);
    result = h2_session(hop->connection, &terms, &session);
    if (!result)
        result = h2_request(session, (struct str){h->request.bytes, h->request.len},
                            str_of(hop->url->scheme), body, s->stream_weight, &h->h2);
    if (result == CURLE_HTTP2) { /* it ended between the pool and here */
        h->hop->retry = h->hop->on_new_connection = true;
        return hop->hooks->fail(hop->hooks->owner, result,
                                "The HTTP/2 connection takes no more requests");
    }
    if (!result && pushes)
        h2_stream_on_push(h->h2, offer_push, h);
    if (!result && hop->hooks->log)
        hop->hooks->log(hop->hooks->owner, "using HTTP/2, stream %d", (int)h2_stream_id(h->h2));
    return result;
}

CURLcode http2_send_body(struct http *h, const char *bytes, size_t len, bool end)
{
    CURLcode result = h2_send(h->h2, bytes, len, end);

    return result == CURLE_SEND_ERROR ? result : exchange_result(h->hop->exchange, result);
}

/* ---- The response ---- */

static void note_first_bytes(struct http *h)
{
    if (h->any_bytes)
        return;
    h->any_bytes = true;
    h->hop->facts->starttransfer_time =
        hop_add_time(h->hop, h->hop->earlier.starttransfer, clock_now());
}

static CURLcode take_lines(struct http *h, CURLcode (*take)(struct http *, struct str),
                           struct str lines)
{
    CURLcode result = CURLE_OK;

    while (!result && lines.len) {
        const char *end = memchr(lines.at, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.at) + 1 : lines.len;

        result = take(h, (struct str){lines.at, len});
        lines.at += len;
        lines.len -= len;
    }
    return result;
}

CURLcode http2_read_head(struct http *h, CURLcode (*take)(struct http *, struct str),
                         int64_t deadline)
{
    struct str lines;
    CURLcode result = h2_recv_head(h->h2, deadline, &lines);

    if (result == CURLE_RECV_ERROR)
        return failed(h);
    if (result)
        return exchange_result(h->hop->exchange, result);
    note_first_bytes(h);
    return take_lines(h, take, lines);
}

static CURLcode check_length(struct http *h, int64_t got)
{
    int64_t announced = h->fields.content_length;

    if (announced < 0 || h->hop->settings->ignore_content_length || got == announced)
        return CURLE_OK;
    return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_PARTIAL_FILE,
                               "transfer closed with %lld bytes remaining to read",
                               (long long)(announced - got));
}

/* The trailers as the program gets them: the lines, and a blank one. */
static CURLcode give_trailers(struct http *h)
{
    struct str trailers = h2_trailers(h->h2);

    if (!trailers.len)
        return CURLE_OK;
    buf_clear(&h->lines);
    if (!buf_append(&h->lines, trailers.at, trailers.len))
        return CURLE_OUT_OF_MEMORY;
    return send_head(h->hop->exchange, h->lines.bytes, h->lines.len, CURLH_TRAILER,
                     h->hop->request_number, h->hop->facts);
}

CURLcode http2_read_body(struct http *h)
{
    int64_t got = 0;

    for (;;) {
        struct chunk *c;
        size_t len;
        CURLcode result = h2_recv(h->h2, CLOCK_NEVER, &c);

        if (result == CURLE_RECV_ERROR)
            return failed(h);
        if (result)
            return exchange_result(h->hop->exchange, result);
        if (!c)
            break;
        len = chunk_len(c);
        got += (int64_t)len;
        result = body_write(h->hop, c);
        if (result)
            return result;
        h2_consumed(h->h2, len);
    }
    return check_length(h, got) ? CURLE_PARTIAL_FILE : give_trailers(h);
}

void http2_end(struct http *h)
{
    h2_stream_free(h->h2);
    h->h2 = NULL;
}
