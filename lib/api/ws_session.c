/* SPDX-License-Identifier: MIT */
/* A WebSocket on a connection that belongs to the program. Nothing blocks: what the socket does not
 * take stays in `unsent`, already masked, and the program hears how much of its own that is; it
 * offers those bytes again, and they are passed over. */
#include "api/ws_session.h"

#include "api/handle.h"
#include "boundary/event.h"
#include "net/stream.h"
#include "protocols/ws.h"

#include <string.h>

enum { PIECE = 65536 }; /* bytes of payload that are masked at a time */

void ws_session_reset(struct ws_session *s)
{
    buf_release(&s->ping);
    buf_release(&s->unsent);
    *s = (struct ws_session){0};
}

static bool is_raw(const struct easy *e)
{
    return e->settings->ws_options & CURLWS_RAW_MODE;
}

/* ---- Callbacks ---- */

void ws_session_enter_write(struct easy *e, const struct event_body *body, size_t len)
{
    e->ws.in_write = body->ws.flags != 0;
    e->ws.meta = (struct curl_ws_frame){
        .flags = body->ws.flags,
        .offset = body->ws.offset,
        .bytesleft = body->ws.left + (curl_off_t)(body->len - len),
        .len = len,
    };
}

void ws_session_leave_write(struct easy *e)
{
    e->ws.in_write = false;
}

/* ---- Sending ---- */

/* CURLE_AGAIN when the socket takes no more. What found no memory before left nothing, and may be
 * tried again. */
static CURLcode flush(struct easy *e)
{
    struct ws_session *s = &e->ws;

    s->unsent.failed = false;
    while (s->unsent.len) {
        size_t sent;
        CURLcode result = stream_try_send(e->kept->stream, s->unsent.bytes, s->unsent.len, &sent);

        if (result)
            return result;
        buf_consume(&s->unsent, sent);
    }
    return CURLE_OK;
}

static CURLcode begin_frame(struct ws_session *s, unsigned flags, curl_off_t size)
{
    unsigned char mask[WS_MASK_LEN];
    const char *reason;

    ws_new_mask(mask);
    return ws_encode_head(&s->out, flags, size, mask, &s->unsent, &reason);
}

/* Bytes of payload that lie in `unsent`: its end. */
static size_t unsent_payload(const struct ws_session *s, size_t encoded)
{
    return s->unsent.len < encoded ? s->unsent.len : encoded;
}

/* The rest of what was offered before comes again: it is encoded already. */
static CURLcode send_again(struct easy *e, struct str *bytes, size_t *ret_len)
{
    struct ws_session *s = &e->ws;
    size_t owed = s->unsent_owed, left;
    CURLcode result;

    if (bytes->len < owed)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    result = flush(e);
    left = unsent_payload(s, owed);
    s->unsent_owed = left;
    *ret_len = owed - left;
    *bytes = (struct str){bytes->at + owed, bytes->len - owed};
    return result == CURLE_AGAIN && *ret_len ? CURLE_OK : result;
}

static CURLcode send_raw(struct easy *e, struct str bytes, size_t *ret_len)
{
    return stream_try_send(e->kept->stream, bytes.at, bytes.len, ret_len);
}

/* Not within a frame of the program's: it would be cut in two. What the socket does not take now
 * goes first next time; until then only the last ping is remembered. A connection that takes
 * nothing more may have something to read: its end is found there, or by the next frame. */
static CURLcode answer_ping(struct easy *e)
{
    struct ws_session *s = &e->ws;
    unsigned char mask[WS_MASK_LEN];

    if (!s->pong_due || s->out.left || s->unsent.len)
        return CURLE_OK;
    ws_new_mask(mask);
    if (!ws_encode_pong((struct str){buf_text(&s->ping), s->ping.len}, mask, &s->unsent))
        return CURLE_OUT_OF_MEMORY;
    s->pong_due = false;
    (void)flush(e);
    return CURLE_OK;
}

/* A piece of the frame's payload; *ret_len of it went out. */
static CURLcode send_piece(struct easy *e, struct str bytes, size_t *ret_len)
{
    struct ws_session *s = &e->ws;
    CURLcode result;

    if (bytes.len > PIECE)
        bytes.len = PIECE;
    if (!ws_encode_payload(&s->out, bytes, &s->unsent))
        return CURLE_OUT_OF_MEMORY;
    result = flush(e);
    s->unsent_owed = unsent_payload(s, bytes.len);
    *ret_len = bytes.len - s->unsent_owed;
    return result;
}

static CURLcode send_payload(struct easy *e, struct str bytes, size_t *ret_len)
{
    CURLcode result = CURLE_OK;

    while (!result && bytes.len) {
        size_t sent = 0;

        result = send_piece(e, bytes, &sent);
        bytes = (struct str){bytes.at + sent, bytes.len - sent};
        *ret_len += sent;
    }
    return result == CURLE_AGAIN && *ret_len ? CURLE_OK : result;
}

static CURLcode send_frame(struct easy *e, struct str bytes, size_t *ret_len, curl_off_t frame_size,
                           unsigned flags)
{
    struct ws_session *s = &e->ws;
    bool announced;
    CURLcode result;

    if (s->unsent_owed) {
        result = send_again(e, &bytes, ret_len);
        if (result || s->unsent_owed || !bytes.len)
            return result;
    }
    result = flush(e);
    if (result)
        return result;
    announced = s->empty_announced;
    s->empty_announced = false;
    if (announced && !bytes.len)
        return CURLE_OK;
    if (!s->out.left) {
        result = begin_frame(s, flags, flags & CURLWS_OFFSET ? frame_size : (curl_off_t)bytes.len);
        if (result)
            return result;
    }
    if ((curl_off_t)bytes.len > s->out.left)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (bytes.len)
        return send_payload(e, bytes, ret_len);
    result = flush(e);
    s->empty_announced = result == CURLE_AGAIN;
    return result;
}

CURLcode ws_session_send(struct easy *e, struct str bytes, size_t *ret_len, curl_off_t frame_size,
                         unsigned flags)
{
    CURLcode result;

    if (is_raw(e))
        return frame_size || flags ? CURLE_BAD_FUNCTION_ARGUMENT : send_raw(e, bytes, ret_len);
    result = send_frame(e, bytes, ret_len, frame_size, flags);
    return result ? result : answer_ping(e);
}

/* ---- Receiving ---- */

static CURLcode fill(struct easy *e)
{
    struct connection *c = e->kept;
    struct chunk *fresh;
    CURLcode result;

    if (c->unread)
        return CURLE_OK;
    fresh = chunk_take(CHUNK_SMALL);
    if (!fresh)
        return CURLE_OUT_OF_MEMORY;
    result = stream_try_recv(c->stream, fresh->bytes, fresh->size, &fresh->end);
    if (!result && fresh->end) {
        c->unread = fresh;
        return CURLE_OK;
    }
    chunk_drop(fresh);
    return result ? result : CURLE_GOT_NOTHING;
}

/* A ping that the library answers is not the program's. Of several only the last is answered, if
 * the first had to wait (RFC 6455 5.5.3). */
static CURLcode keep_ping(struct easy *e, const struct ws_piece *piece)
{
    if (!piece->offset)
        buf_clear(&e->ws.ping);
    if (!buf_append(&e->ws.ping, piece->bytes.at, piece->bytes.len))
        return CURLE_OUT_OF_MEMORY;
    e->ws.pong_due = !piece->left;
    return answer_ping(e);
}

static bool answers_pings(const struct easy *e)
{
    return !(e->settings->ws_options & CURLWS_NOAUTOPONG);
}

static CURLcode recv_raw(struct easy *e, char *buffer, size_t size, size_t *ret_len)
{
    struct connection *c = e->kept;
    CURLcode result = fill(e);
    size_t len;

    if (result)
        return result;
    len = chunk_len(c->unread) < size ? chunk_len(c->unread) : size;
    if (len)
        memcpy(buffer, chunk_at(c->unread), len);
    connection_used(c, len);
    e->ws.meta = (struct curl_ws_frame){.len = len};
    *ret_len = len;
    return CURLE_OK;
}

/* Looks at what is here. *ret_done: a piece is in the buffer. */
static CURLcode recv_piece(struct easy *e, char *buffer, size_t size, size_t *ret_len,
                           bool *ret_done)
{
    struct ws_session *s = &e->ws;
    struct chunk *c = e->kept->unread;
    bool in_ping = s->in.in_frame && s->in.flags & CURLWS_PING && answers_pings(e), found;
    struct ws_piece piece;
    const char *reason;
    size_t used;
    CURLcode result = ws_decode(&s->in, (struct str){chunk_at(c), chunk_len(c)},
                                in_ping ? WS_CONTROL_MAX : size, &used, &found, &piece, &reason);

    *ret_done = false;
    if (!result && found && piece.flags & CURLWS_PING && answers_pings(e)) {
        result = keep_ping(e, &piece);
    } else if (!result && found) {
        if (piece.bytes.len)
            memcpy(buffer, piece.bytes.at, piece.bytes.len);
        s->meta = (struct curl_ws_frame){
            .flags = piece.flags,
            .offset = piece.offset,
            .bytesleft = piece.left,
            .len = piece.bytes.len,
        };
        *ret_len = piece.bytes.len;
        *ret_done = true;
    }
    connection_used(e->kept, used);
    return result;
}

CURLcode ws_session_recv(struct easy *e, void *buffer, size_t size, size_t *ret_len)
{
    CURLcode result = CURLE_OK;
    bool done = false;

    if (is_raw(e))
        return recv_raw(e, buffer, size, ret_len);
    if (!e->ws.unsent_owed)
        (void)flush(e); /* a pong; what fails here fails below, too */
    result = answer_ping(e);
    while (!result && !done) {
        result = fill(e);
        if (!result)
            result = recv_piece(e, buffer, size, ret_len, &done);
    }
    return result;
}
