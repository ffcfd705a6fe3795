/* SPDX-License-Identifier: MIT */
/* The session reads when somebody receives, or sends and finds the window closed, and writes at the
 * end of each call: nothing happens behind anybody's back. Two fibers may be at it, one that sends
 * and one that receives, and either may read what the other waits for: then it tells the other
 * (watch_tell), as the socket will not.
 *
 * What is sent counts as sent when the frames are with the stream below: until then the caller
 * offers the same bytes again, of which `taken` are in frames. */
#include "base/mem.h"
#include "protocols/h2_tunnel_state.h"

#include <string.h>

enum { READS_A_CALL = 16 }; /* of frames that bring no data */

/* What was received before; all of it may be the end. */
static size_t take_data(struct h2_tunnel *t, char *bytes, size_t len)
{
    size_t left = t->data.len - t->data_taken;

    len = left < len ? left : len;
    if (len)
        memcpy(bytes, t->data.bytes + t->data_taken, len);
    t->data_taken += len;
    if (t->data_taken == t->data.len) {
        buf_clear(&t->data);
        t->data_taken = 0;
    }
    return len;
}

/* The window opens as far as the caller has taken. */
static CURLcode has_received(struct h2_tunnel *t, size_t len, size_t *ret_len)
{
    *ret_len = len;
    t->updates = 0;
    if (!t->closed && nghttp2_session_consume(t->session, t->id, len))
        h2_tunnel_break(t, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
    h2_tunnel_pump_out(t);
    return CURLE_OK;
}

static CURLcode nothing_received(struct h2_tunnel *t)
{
    if (t->ended)
        return CURLE_OK;
    if (t->broken)
        return t->code;
    if (!t->closed)
        return CURLE_AGAIN;
    t->stream.reason = "The proxy has reset the HTTP/2 tunnel";
    return CURLE_RECV_ERROR;
}

static CURLcode tunnel_try_recv(struct stream *s, void *bytes, size_t len, size_t *ret_len)
{
    struct h2_tunnel *t = tunnel_of(s);
    size_t got = take_data(t, bytes, len);

    *ret_len = 0;
    if (got)
        return has_received(t, got, ret_len);
    t->room = bytes;
    t->room_len = len;
    t->received = 0;
    for (int reads = 0;
         !t->received && !h2_tunnel_is_over(t) && reads < READS_A_CALL && h2_tunnel_pump_in(t);
         reads++)
        ;
    t->room_len = 0;
    if (t->received)
        return has_received(t, t->received, ret_len);
    h2_tunnel_pump_out(t);
    s->recv_needs = s->below->recv_needs | (h2_tunnel_has_unsent(t) ? s->below->send_needs : 0);
    return nothing_received(t);
}

static CURLcode nothing_sent(struct h2_tunnel *t)
{
    struct stream *s = &t->stream;

    if (t->broken)
        return t->code == CURLE_OUT_OF_MEMORY ? t->code : CURLE_SEND_ERROR;
    if (t->closed) {
        s->reason = "The proxy has reset the HTTP/2 tunnel";
        return CURLE_SEND_ERROR;
    }
    s->send_needs = h2_tunnel_has_unsent(t) ? s->below->send_needs : s->below->recv_needs;
    return CURLE_AGAIN;
}

/* Puts what is offered into frames, and those below. */
static void push(struct h2_tunnel *t, const char *bytes, size_t len)
{
    t->source = bytes + t->taken;
    t->source_len = len - t->taken;
    if (t->deferred && t->source_len && nghttp2_session_resume_data(t->session, t->id))
        h2_tunnel_break(t, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
    h2_tunnel_pump_out(t);
    t->source_len = 0;
}

static bool is_window_shut(const struct h2_tunnel *t)
{
    return !t->taken && !h2_tunnel_has_unsent(t) && !t->closed && !t->broken;
}

static CURLcode tunnel_try_send(struct stream *s, const void *bytes, size_t len, size_t *ret_len)
{
    struct h2_tunnel *t = tunnel_of(s);

    *ret_len = 0;
    t->window_shut = false;
    push(t, bytes, len);
    for (int reads = 0; is_window_shut(t) && reads < READS_A_CALL && h2_tunnel_pump_in(t); reads++)
        push(t, bytes, len);
    if (t->data.len || t->ended)
        watch_tell(s->watch, WAIT_READ);
    if (t->broken || t->closed || !t->taken || h2_tunnel_has_unsent(t)) {
        t->window_shut = is_window_shut(t);
        return nothing_sent(t);
    }
    *ret_len = t->taken;
    t->taken = 0;
    t->updates = 0;
    return CURLE_OK;
}

static bool tunnel_has_pending(const struct stream *s)
{
    const struct h2_tunnel *t = tunnel_of(s);

    return t->data.len || h2_tunnel_is_over(t) || s->below->kind->has_pending(s->below);
}

/* What comes meanwhile is answered: PING and SETTINGS are no sign of death. */
static bool tunnel_seems_alive(struct stream *s)
{
    struct h2_tunnel *t = tunnel_of(s);

    if (h2_tunnel_is_over(t) || t->data.len)
        return false;
    if (s->below->kind->seems_alive(s->below) && !s->below->kind->has_pending(s->below))
        return true;
    if (s->watch->worker)
        s->watch->ready |= WAIT_READ; /* the look below has seen something */
    for (int reads = 0; reads < READS_A_CALL && h2_tunnel_pump_in(t); reads++)
        ;
    h2_tunnel_pump_out(t);
    return !h2_tunnel_is_over(t) && !t->data.len;
}

static void tunnel_quiet(struct stream *s)
{
    struct h2_tunnel *t = tunnel_of(s);

    if (!h2_tunnel_has_unsent(t))
        buf_release(&t->frames);
    if (!t->data.len)
        buf_release(&t->data);
    buf_release(&t->lines);
    s->below->kind->quiet(s->below);
}

static void tunnel_shut(struct stream *s)
{
    struct h2_tunnel *t = tunnel_of(s);

    if (!t->broken && !nghttp2_session_terminate_session(t->session, NGHTTP2_NO_ERROR))
        h2_tunnel_pump_out(t);
    s->below->kind->shut(s->below);
}

void h2_tunnel_release(struct h2_tunnel *t)
{
    nghttp2_session_del(t->session);
    buf_release(&t->frames);
    buf_release(&t->lines);
    buf_release(&t->data);
    mem_free(t);
}

static void tunnel_free(struct stream *s)
{
    struct stream *below = s->below;

    h2_tunnel_release(tunnel_of(s));
    stream_free(below);
}

const struct stream_kind h2_tunnel_kind = {
    .name = "HTTP/2 tunnel",
    .try_recv = tunnel_try_recv,
    .try_send = tunnel_try_send,
    .has_pending = tunnel_has_pending,
    .seems_alive = tunnel_seems_alive,
    .quiet = tunnel_quiet,
    .shut = tunnel_shut,
    .free = tunnel_free,
};
