/* SPDX-License-Identifier: MIT */
/* Received bytes that wait to be understood. A buffer is taken only when bytes are there: a
 * transfer that waits holds none. */
#include "base/clock.h"
#include "protocols/http.h"

#include "net/stream.h"

#include <string.h>

enum { ERROR_TEXT = 128 };

static bool may_have_bytes(const struct stream *s)
{
    return (s->watch->ready & WAIT_READ) || s->kind->has_pending(s);
}

CURLcode http_receive(struct stream *s, size_t size, int64_t deadline, struct chunk **ret_chunk)
{
    for (;;) {
        struct chunk *c;
        CURLcode result;

        if (!may_have_bytes(s)) {
            result = stream_wait_recv(s, deadline);
            if (result)
                return result;
        }
        c = chunk_take(size);
        if (!c)
            return CURLE_OUT_OF_MEMORY;
        result = stream_try_recv(s, c->bytes, c->size, &c->end);
        if (!result) {
            *ret_chunk = c;
            return CURLE_OK;
        }
        chunk_drop(c);
        if (result != CURLE_AGAIN)
            return result;
        result = stream_wait_recv(s, deadline);
        if (result)
            return result;
    }
}

CURLcode http_say_failed(struct hop *hop, const struct stream *s, CURLcode code, const char *what)
{
    const struct net_hooks *hooks = hop->hooks;
    char text[ERROR_TEXT];

    hop->facts->os_errno = s->os_errno;
    if (s->reason)
        return hooks->fail(hooks->owner, code, "%s", s->reason);
    return hooks->fail(hooks->owner, code, "%s failure: %s", what,
                       strerror_r(s->os_errno, text, sizeof(text)));
}

CURLcode http_stream_failed(struct http *h, CURLcode code, const char *what)
{
    return http_say_failed(h->hop, h->hop->connection->stream, code, what);
}

void http_log_chunks(struct http *h)
{
    struct chunk *c = h->hop->connection->unread;

    if (c && !h->hop->discards_body)
        send_log(h->hop->exchange, CURLINFO_DATA_IN, chunk_at(c), chunk_len(c));
}

CURLcode http_fill(struct http *h, int64_t deadline, bool *ret_end)
{
    struct connection *c = h->hop->connection;
    CURLcode result;

    *ret_end = false;
    if (c->unread)
        return CURLE_OK;
    result = http_receive(c->stream, h->bulk ? CHUNK_LARGE : CHUNK_SMALL, deadline, &c->unread);
    if (result == CURLE_RECV_ERROR) {
        *ret_end = c->stream->cut; /* whether that is an error, the framing tells */
        return c->stream->cut ? CURLE_OK : http_stream_failed(h, result, "Recv");
    }
    if (result)
        return exchange_result(h->hop->exchange, result);
    if (!chunk_len(c->unread)) {
        chunk_drop(c->unread);
        c->unread = NULL;
        *ret_end = true;
        return CURLE_OK;
    }
    if (h->in_chunks)
        http_log_chunks(h);
    if (!h->any_bytes) {
        h->any_bytes = true;
        h->hop->facts->starttransfer_time =
            hop_add_time(h->hop, h->hop->earlier.starttransfer, clock_now());
    }
    return CURLE_OK;
}

void http_used(struct http *h, size_t len)
{
    connection_used(h->hop->connection, len);
}
