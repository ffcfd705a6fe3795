/* SPDX-License-Identifier: MIT */
/* The frames of a tunnel: what nghttp2 calls back for, and the stream below. */
#include "base/chunk.h"
#include "protocols/h2_tunnel_state.h"
#include "wire/h2_head.h"

#include <string.h>

enum { UPDATES_IN_VAIN = 1000 }; /* of the window, while nothing moves */

void h2_tunnel_break(struct h2_tunnel *t, CURLcode code, const char *reason)
{
    if (t->broken)
        return;
    t->broken = true;
    t->code = code;
    t->stream.reason = reason;
}

/* ---- What nghttp2 calls ---- */

static bool is_ours(const struct h2_tunnel *t, int32_t id)
{
    return t->id && t->id == id;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct h2_tunnel *t = user;
    struct str n = {(const char *)name, name_len}, v = {(const char *)value, value_len};

    (void)session;
    (void)flags;
    if (!is_ours(t, frame->hd.stream_id) || t->head_complete) /* trailers mean nothing here */
        return 0;
    if (t->lines.len + name_len + value_len > H2_HEAD_MAX)
        h2_tunnel_break(t, CURLE_RECV_ERROR, "Too large response headers from the proxy");
    else if (!h2_head_append_line(&t->lines, n, v))
        h2_tunnel_break(t, CURLE_RECV_ERROR, "Invalid header field from the proxy");
    else if (name_len && name[0] == ':')
        t->informational = value_len && value[0] == '1';
    return buf_failed(&t->lines) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void end_head(struct h2_tunnel *t)
{
    if (t->head_complete)
        return;
    buf_append_text(&t->lines, "\r\n");
    t->head_complete = !t->informational;
}

/* Whoever waits for the window looks again. */
static void tell_sender(struct h2_tunnel *t)
{
    if (t->window_shut)
        watch_tell(t->stream.watch, WAIT_READ);
    t->window_shut = false;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2_tunnel *t = user;
    bool is_head = frame->hd.type == NGHTTP2_HEADERS, is_data = frame->hd.type == NGHTTP2_DATA;
    bool ours = is_ours(t, frame->hd.stream_id);

    (void)session;
    if (frame->hd.type == NGHTTP2_WINDOW_UPDATE)
        t->updates++;
    if (!h2_patience_bears(&t->patience, frame) || t->updates > UPDATES_IN_VAIN)
        h2_tunnel_break(t, CURLE_RECV_ERROR, "The proxy floods the HTTP/2 connection");
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        t->going_away = true;
        t->last_stream = frame->goaway.last_stream_id;
    }
    if (frame->hd.type == NGHTTP2_WINDOW_UPDATE || frame->hd.type == NGHTTP2_SETTINGS)
        tell_sender(t);
    if (ours && is_head)
        end_head(t);
    if (ours && (is_head || is_data) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        t->ended = true;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *user)
{
    struct h2_tunnel *t = user;
    size_t now = 0;

    (void)flags;
    if (!is_ours(t, id) || !t->head_complete)
        return nghttp2_session_consume(session, id, len) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    if (!t->data.len) {
        now = len < t->room_len ? len : t->room_len;
        if (now)
            memcpy(t->room + t->received, bytes, now);
        t->received += now;
        t->room_len -= now;
    }
    return now == len || buf_append(&t->data, bytes + now, len - now)
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    struct h2_tunnel *t = user;

    (void)session;
    (void)error;
    if (!is_ours(t, id))
        return 0;
    t->closed = true;
    tell_sender(t);
    return 0;
}

ssize_t h2_tunnel_read_source(nghttp2_session *session, int32_t id, uint8_t *room, size_t size,
                              uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct h2_tunnel *t = user;
    size_t len = t->source_len < size ? t->source_len : size;

    (void)session;
    (void)flags;
    (void)source;
    if (!is_ours(t, id))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    t->deferred = !len;
    if (!len)
        return NGHTTP2_ERR_DEFERRED;
    memcpy(room, t->source, len);
    t->source += len;
    t->source_len -= len;
    t->taken += len;
    return (ssize_t)len;
}

void h2_tunnel_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
}

/* ---- The stream below ---- */

/* Collects frames up to a write's worth; false when there are none. */
static bool collect(struct h2_tunnel *t)
{
    buf_clear(&t->frames);
    t->frames_sent = 0;
    while (!t->broken && t->frames.len < H2_WRITE_BYTES) {
        const uint8_t *frame;
        ssize_t len = nghttp2_session_mem_send(t->session, &frame);

        if (len < 0 || (len && !buf_append(&t->frames, frame, (size_t)len)))
            h2_tunnel_break(t, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
        if (len <= 0)
            break;
    }
    return t->frames.len && !t->broken;
}

void h2_tunnel_pump_out(struct h2_tunnel *t)
{
    struct stream *below = t->stream.below;

    while (!t->broken && (h2_tunnel_has_unsent(t) || collect(t))) {
        size_t sent = 0;
        CURLcode result = stream_try_send(below, t->frames.bytes + t->frames_sent,
                                          t->frames.len - t->frames_sent, &sent);

        if (result == CURLE_AGAIN)
            return;
        if (result) {
            t->stream.os_errno = below->os_errno;
            h2_tunnel_break(t, result,
                            below->reason ? below->reason : "Failed sending to the proxy");
        }
        t->frames_sent += sent;
    }
}

static void feed(struct h2_tunnel *t, const struct chunk *c)
{
    ssize_t used =
        nghttp2_session_mem_recv(t->session, (const uint8_t *)c->bytes + c->start, chunk_len(c));

    if (used == NGHTTP2_ERR_NOMEM || used == NGHTTP2_ERR_CALLBACK_FAILURE)
        h2_tunnel_break(t, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
    else if (used < 0)
        h2_tunnel_break(t, CURLE_RECV_ERROR, "The proxy breaks the rules of HTTP/2");
    else if (!nghttp2_session_want_read(t->session) && !nghttp2_session_want_write(t->session))
        h2_tunnel_break(t, CURLE_RECV_ERROR, "The HTTP/2 session with the proxy has ended");
}

bool h2_tunnel_pump_in(struct h2_tunnel *t)
{
    struct stream *below = t->stream.below;
    struct chunk *c;
    CURLcode result;

    if (t->broken)
        return false;
    c = chunk_take(CHUNK_SMALL);
    if (!c) {
        h2_tunnel_break(t, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
        return false;
    }
    result = stream_try_recv(below, c->bytes, c->size, &c->end);
    if (!result && c->end) {
        feed(t, c);
    } else if (result != CURLE_AGAIN) {
        t->stream.os_errno = below->os_errno;
        t->stream.cut = !result || below->cut;
        h2_tunnel_break(t, CURLE_RECV_ERROR,
                        result && below->reason ? below->reason
                                                : "The proxy closed the HTTP/2 connection");
    }
    chunk_drop(c);
    return result != CURLE_AGAIN && !t->broken;
}
