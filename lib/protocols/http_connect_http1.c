/* SPDX-License-Identifier: MIT */
/* An HTTP/1 proxy's answer to CONNECT, from the connection's bytes. */
#include "base/chunk.h"
#include "net/stream.h"
#include "protocols/http_connect.h"
#include "wire/chunked.h"

#include <assert.h>

enum { MOST_BODY = 1 << 20 }; /* bytes of a refusal that are read for the connection's sake */

/* Makes sure that bytes are at hand; *ret_end when the proxy has ended instead. */
static WAITS CURLcode fill(struct tunnel *t, bool *ret_end)
{
    struct connection *c = t->connection;
    CURLcode result;

    *ret_end = false;
    if (c->unread)
        return CURLE_OK;
    result = http_receive(c->stream, CHUNK_SMALL, t->deadline, &c->unread);
    if (result == CURLE_RECV_ERROR && !c->stream->cut)
        return http_say_failed(t->hop, c->stream, result, "Recv");
    if (result && result != CURLE_RECV_ERROR)
        return result;
    if (result || !chunk_len(c->unread)) {
        chunk_drop(c->unread);
        c->unread = NULL;
        *ret_end = true;
    }
    return CURLE_OK;
}

CURLcode tunnel_read_head(struct tunnel *t)
{
    enum head_step step = HEAD_MORE;

    tunnel_begin_head(t);
    head_reader_reset(&t->reader, true);
    while (step != HEAD_END) {
        const char *reason = NULL;
        struct str line;
        struct chunk *c;
        size_t used;
        bool end;
        CURLcode result = fill(t, &end);

        if (!result && end)
            result = tunnel_fail(t, CURLE_RECV_ERROR, "Proxy CONNECT aborted");
        if (result)
            return result;
        c = t->connection->unread;
        assert(c);
        result =
            head_reader_take(&t->reader, chunk_at(c), chunk_len(c), &used, &step, &line, &reason);
        if (result)
            return tunnel_fail(t, result, reason ? reason : "Out of memory for the headers");
        if (step != HEAD_MORE)
            result = tunnel_take_line(t, line);
        connection_used(t->connection, used);
        if (result)
            return result;
    }
    return tunnel_publish_head(t);
}

/* ---- A refusal's body ---- */

static CURLcode body_failed(struct tunnel *t, const char *reason)
{
    return tunnel_fail(t, CURLE_RECV_ERROR, reason ? reason : "The proxy's response ends early");
}

static WAITS CURLcode skip_length(struct tunnel *t, int64_t left)
{
    TUNNEL_LOG(t, "Ignore %lld bytes of response-body", (long long)left);
    while (left > 0) {
        int64_t len;
        bool end;
        CURLcode result = fill(t, &end);

        if (result || end)
            return result ? result : body_failed(t, NULL);
        len = (int64_t)chunk_len(t->connection->unread);
        len = len < left ? len : left;
        connection_used(t->connection, (size_t)len);
        left -= len;
    }
    return CURLE_OK;
}

/* *ret_whole stays false for a body that is too large. */
static WAITS CURLcode skip_chunks(struct tunnel *t, bool *ret_whole)
{
    struct chunked_decoder decoder = {0};
    int64_t total = 0;

    TUNNEL_LOG(t, "Ignore chunked response-body");
    while (!decoder.done && total <= MOST_BODY) {
        const char *data, *reason = NULL;
        size_t used, len;
        struct chunk *c;
        bool end;
        CURLcode result = fill(t, &end);

        if (result || end)
            return result ? result : body_failed(t, NULL);
        c = t->connection->unread;
        if (chunked_decode(&decoder, chunk_at(c), chunk_len(c), &used, &data, &len, &reason))
            return body_failed(t, reason);
        total += (int64_t)used;
        connection_used(t->connection, used);
    }
    *ret_whole = decoder.done;
    return CURLE_OK;
}

/* Trailers, which mean nothing. */
static WAITS CURLcode skip_trailers(struct tunnel *t)
{
    enum head_step step = HEAD_MORE;

    head_reader_reset(&t->reader, false);
    while (step != HEAD_END) {
        const char *reason = NULL;
        struct str line;
        struct chunk *c;
        size_t used;
        bool end;
        CURLcode result = fill(t, &end);

        if (result || end)
            return result ? result : body_failed(t, NULL);
        c = t->connection->unread;
        if (head_reader_take(&t->reader, chunk_at(c), chunk_len(c), &used, &step, &line, &reason))
            return body_failed(t, reason);
        connection_used(t->connection, used);
    }
    return CURLE_OK;
}

CURLcode tunnel_skip_body(struct tunnel *t, bool *ret_whole)
{
    CURLcode result;

    if (!t->fields.chunked && (t->fields.content_length < 0 || t->fields.length_overflow ||
                               t->fields.content_length > MOST_BODY))
        return CURLE_OK;
    if (!t->fields.chunked) {
        result = skip_length(t, t->fields.content_length);
        *ret_whole = !result;
        return result;
    }
    result = skip_chunks(t, ret_whole);
    return result || !*ret_whole ? result : skip_trailers(t);
}
