/* SPDX-License-Identifier: MIT */
/* The frames of an HTTP/2 connection as a whole: its settings, its end, and the patience with those
 * that bring nothing. */
#include "protocols/h2_state.h"

#include "base/clock.h"
#include "net/pool.h"

#include <stdio.h>

/* How many streams the connection may carry now. */
unsigned h2_most_streams(struct h2 *h)
{
    uint32_t peers =
        nghttp2_session_get_remote_settings(h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

    return peers < h->most ? peers : h->most;
}

/* The peer takes no new streams, and not those beyond the last one that it names. */
static void go_away(struct h2 *h, const nghttp2_goaway *goaway)
{
    h->closing = true;
    h->last_stream = goaway->last_stream_id;
    h->wants_http1 = goaway->error_code == NGHTTP2_HTTP_1_1_REQUIRED;
    list_for_each (link, &h->streams) {
        struct h2_stream *s = CONTAINER_OF(link, struct h2_stream, link);

        if (h2_stream_is_unseen(s))
            h2_stream_wake(s);
    }
    pool_set_streams(h->connection, 0);
}

/* What costs the peer less than us, and moves no transfer on. Heads are limited by their bytes, and
 * bytes by their windows. */
static bool brings_nothing(const nghttp2_frame *frame)
{
    switch (frame->hd.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
        return !(frame->hd.flags & NGHTTP2_FLAG_ACK);
    case NGHTTP2_DATA:
        return frame->hd.length == frame->data.padlen &&
               !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_PRIORITY:
    case NGHTTP2_PUSH_PROMISE:
        return true;
    default:
        return false;
    }
}

void h2_patience_init(struct h2_patience *p)
{
    *p = (struct h2_patience){.left = H2_CALM_MOST, .since = clock_now()};
}

bool h2_patience_bears(struct h2_patience *p, const nghttp2_frame *frame)
{
    int64_t now, more;

    if (!brings_nothing(frame))
        return true;
    now = clock_now();
    more = (now - p->since) * H2_CALM_A_SECOND / CLOCK_SECOND;
    if (more > 0) {
        p->left = more < H2_CALM_MOST - p->left ? p->left + (int)more : H2_CALM_MOST;
        p->since = now;
    }
    return p->left < 0 || p->left-- > 0;
}

static void bear(struct h2 *h, const nghttp2_frame *frame)
{
    if (h2_patience_bears(&h->patience, frame))
        return;
    snprintf(h->said, sizeof(h->said), "The peer floods the HTTP/2 connection");
    if (nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM))
        h2_fail(h, CURLE_OUT_OF_MEMORY, h->said);
}

static int on_frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;

    (void)session;
    bear(h, frame);
    h2_stream_frame_received(h, frame);
    if (frame->hd.type == NGHTTP2_PUSH_PROMISE)
        h2_promise_end(h, &frame->push_promise);
    if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK) && !h->closing)
        pool_set_streams(h->connection, h2_most_streams(h));
    if (frame->hd.type == NGHTTP2_GOAWAY)
        go_away(h, &frame->goaway);
    return 0;
}

static int on_error(nghttp2_session *session, int code, const char *text, size_t len, void *user)
{
    struct h2 *h = user;

    (void)session;
    (void)code;
    snprintf(h->said, sizeof(h->said), "%.*s", (int)len, text);
    return 0;
}

void h2_set_frame_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_received);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
}
