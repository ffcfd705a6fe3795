/* SPDX-License-Identifier: MIT */
/* The waits of all streams, and the stream that is a socket. */
#include "net/stream.h"

#include "base/mem.h"
#include "net/socket.h"

#include <assert.h>
#include <errno.h>

/* ---- Any stream ---- */

CURLcode stream_wait_recv(struct stream *s, int64_t deadline)
{
    return wait_fd(s->watch, s->recv_needs, deadline);
}

CURLcode stream_wait_send(struct stream *s, int64_t deadline)
{
    return wait_fd(s->watch, s->send_needs, deadline);
}

CURLcode stream_recv(struct stream *s, void *bytes, size_t len, int64_t deadline, size_t *ret_len)
{
    CURLcode result;

    while ((result = stream_try_recv(s, bytes, len, ret_len)) == CURLE_AGAIN) {
        result = stream_wait_recv(s, deadline);
        if (result)
            return result;
    }
    return result;
}

CURLcode stream_send_all(struct stream *s, const void *bytes, size_t len, int64_t deadline)
{
    const char *at = bytes;

    while (len) {
        size_t sent = 0;
        CURLcode result = stream_try_send(s, at, len, &sent);

        if (result == CURLE_AGAIN)
            result = stream_wait_send(s, deadline);
        if (result)
            return result;
        at += sent;
        len -= sent;
    }
    return CURLE_OK;
}

void stream_use_watch(struct stream *s, struct watch *watch)
{
    for (; s; s = s->below)
        s->watch = watch;
}

void stream_free(struct stream *s)
{
    if (s)
        s->kind->free(s);
}

/* ---- A socket ---- */

/* What is believed blocked costs no system call: an event will say when that changes. A watch that
 * no worker has (the program's own connection) gets no events. */
static bool is_blocked(const struct watch *w, unsigned direction)
{
    return w->worker && !(w->ready & direction);
}

static void now_blocked(struct watch *w, unsigned direction)
{
    if (w->worker)
        watch_blocked(w, direction);
}

static CURLcode socket_failed(struct stream *s, ssize_t error, CURLcode code)
{
    s->os_errno = (int)-error;
    return code;
}

static CURLcode socket_try_recv(struct stream *s, void *bytes, size_t len, size_t *ret_len)
{
    struct watch *w = s->watch;
    ssize_t got;

    if (is_blocked(w, WAIT_READ))
        return CURLE_AGAIN;
    got = socket_recv(w->fd, bytes, len);
    if (got == -EAGAIN || got == -EWOULDBLOCK) {
        now_blocked(w, WAIT_READ);
        return CURLE_AGAIN;
    }
    if (got < 0)
        return socket_failed(s, got, CURLE_RECV_ERROR);
    /* Less than was asked for: it is drained, and what comes later is a new edge. An end that was
     * told with these bytes is not. */
    if ((size_t)got < len && got > 0 && !w->hangup)
        now_blocked(w, WAIT_READ);
    *ret_len = (size_t)got;
    return CURLE_OK;
}

static CURLcode socket_try_send(struct stream *s, const void *bytes, size_t len, size_t *ret_len)
{
    struct watch *w = s->watch;
    ssize_t sent;

    if (is_blocked(w, WAIT_WRITE))
        return CURLE_AGAIN;
    sent = socket_send(w->fd, bytes, len);
    if (sent == -EAGAIN || sent == -EWOULDBLOCK) {
        now_blocked(w, WAIT_WRITE);
        return CURLE_AGAIN;
    }
    if (sent < 0)
        return socket_failed(s, sent, CURLE_SEND_ERROR);
    *ret_len = (size_t)sent;
    return CURLE_OK;
}

static bool socket_has_pending(const struct stream *s)
{
    (void)s;
    return false;
}

static bool socket_seems_alive(struct stream *s)
{
    return socket_is_quiet(s->watch->fd);
}

static void socket_nothing(struct stream *s)
{
    (void)s;
}

static void socket_stream_free(struct stream *s)
{
    mem_free(s);
}

static const struct stream_kind socket_kind = {
    .name = "socket",
    .try_recv = socket_try_recv,
    .try_send = socket_try_send,
    .has_pending = socket_has_pending,
    .seems_alive = socket_seems_alive,
    .quiet = socket_nothing,
    .shut = socket_nothing,
    .free = socket_stream_free,
};

struct stream *stream_new_socket(struct watch *watch)
{
    struct stream *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->kind = &socket_kind;
    s->watch = watch;
    s->recv_needs = WAIT_READ;
    s->send_needs = WAIT_WRITE;
    return s;
}
