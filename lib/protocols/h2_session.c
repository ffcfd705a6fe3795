/* SPDX-License-Identifier: MIT */
/* A connection's HTTP/2 session: its fibers, its settings, its end. nghttp2 knows the frames; it is
 * fed by the reader and asked by the writer, and calls back in between (h2_stream.c).
 *
 * The reader's fiber is the session's life: when it ends -- the peer closed, the session failed, or
 * it was cancelled because nobody wants the connection any more -- it stops the writer, says
 * good-bye, wakes who waits on a stream, and hands the connection to the pool for the last time. */
#include "protocols/h2_state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/pool.h"
#include "net/stream.h"

#include <stdio.h>
#include <string.h>

/* ---- Memory ---- */

static void *take_memory(size_t size, void *user)
{
    (void)user;
    return mem_alloc(size);
}

static void free_memory(void *p, void *user)
{
    (void)user;
    mem_free(p);
}

static void *take_zeroed_memory(size_t count, size_t size, void *user)
{
    (void)user;
    return mem_calloc(count, size);
}

static void *resize_memory(void *p, size_t size, void *user)
{
    (void)user;
    return mem_realloc(p, size);
}

/* ---- Ends ---- */

static void fail(struct h2 *h, CURLcode code, const char *reason)
{
    if (h->broken)
        return;
    h->broken = h->closing = true;
    h->code = code;
    snprintf(h->reason, sizeof(h->reason), "%s", reason);
}

void h2_kick(struct h2 *h)
{
    if (h->writer_idle && h->writer)
        fiber_wake(h->writer);
}

/* nghttp2 wants nothing any more, after its GOAWAY for an error of the peer's, or the last stream
 * after the peer's GOAWAY. */
static void fail_if_over(struct h2 *h)
{
    if (!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session))
        fail(h, CURLE_HTTP2, h->said[0] ? h->said : "The HTTP/2 session has ended");
}

static int on_error(nghttp2_session *session, int code, const char *text, size_t len, void *user)
{
    struct h2 *h = user;

    (void)session;
    (void)code;
    snprintf(h->said, sizeof(h->said), "%.*s", (int)len, text);
    return 0;
}

/* ---- The writer ---- */

/* Collects frames; false when there are none. */
static bool collect(struct h2 *h, struct buf *out)
{
    buf_clear(out);
    while (out->len < H2_WRITE_BYTES) {
        const uint8_t *frame;
        ssize_t len = nghttp2_session_mem_send(h->session, &frame);

        if (len < 0)
            fail(h, len == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_HTTP2,
                 nghttp2_strerror((int)len));
        if (len <= 0)
            break;
        if (!buf_append(out, frame, (size_t)len)) {
            fail(h, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
            break;
        }
    }
    return out->len && !h->broken;
}

static WAITS CURLcode write_frames(struct h2 *h)
{
    scoped(buf) out = {0};
    CURLcode result = CURLE_OK;

    while (!result && collect(h, &out)) {
        result = stream_send_all(h->connection->stream, out.bytes, out.len, CLOCK_NEVER);
        if (result == CURLE_SEND_ERROR)
            fail(h, result, "Failed sending HTTP/2 data");
    }
    return result;
}

static void run_writer(void *argument)
{
    struct h2 *h = argument;
    CURLcode result = CURLE_OK;

    while (!result && !h->broken) {
        result = write_frames(h);
        fail_if_over(h);
        if (result || h->broken)
            break;
        h->writer_idle = true;
        result = wait_wake(CLOCK_NEVER);
        h->writer_idle = false;
    }
    h->writer = NULL;
    if (h->reader) {
        fiber_cancel(h->reader);
        fiber_wake(h->reader); /* it may wait for just this, deaf */
    }
}

/* ---- The reader ---- */

static void feed(struct h2 *h, const struct chunk *c)
{
    ssize_t used =
        nghttp2_session_mem_recv(h->session, (const uint8_t *)c->bytes + c->start, chunk_len(c));

    h->heard = true;
    if (used < 0)
        fail(h, used == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_HTTP2,
             nghttp2_strerror((int)used));
    fail_if_over(h);
    h2_kick(h);
}

/* Reads once; a buffer is held only while bytes are there. */
static WAITS CURLcode read_frames(struct h2 *h)
{
    struct stream *s = h->connection->stream;
    struct chunk *c;
    CURLcode result = CURLE_OK;

    if (!(s->watch->ready & WAIT_READ) && !s->kind->has_pending(s))
        result = stream_wait_recv(s, CLOCK_NEVER);
    if (result)
        return result;
    c = chunk_take(CHUNK_LARGE);
    if (!c) {
        fail(h, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
        return CURLE_OUT_OF_MEMORY;
    }
    result = stream_try_recv(s, c->bytes, c->size, &c->end);
    if (!result && chunk_len(c))
        feed(h, c);
    else if (!result)
        fail(h, CURLE_RECV_ERROR, "The peer closed the HTTP/2 connection");
    else if (result != CURLE_AGAIN)
        fail(h, result, s->reason ? s->reason : "Failed receiving HTTP/2 data");
    chunk_drop(c);
    return result == CURLE_AGAIN ? stream_wait_recv(s, CLOCK_NEVER) : result;
}

/* Bytes that were received before the session began. */
static void feed_unread(struct h2 *h)
{
    struct chunk *c = h->connection->unread;

    h->connection->unread = NULL;
    if (c)
        feed(h, c);
    chunk_drop(c);
}

/* GOAWAY, as far as it goes at once. */
static void say_goodbye(struct h2 *h)
{
    scoped(buf) out = {0};
    size_t sent;

    if (h->broken || nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR))
        return;
    if (collect(h, &out))
        (void)stream_try_send(h->connection->stream, out.bytes, out.len, &sent);
}

static WAITS void end(struct h2 *h)
{
    struct connection *c = h->connection;

    while (h->writer) {
        fiber_cancel(h->writer);
        wait_wake_uncancellable();
    }
    say_goodbye(h);
    fail(h, CURLE_RECV_ERROR, "The HTTP/2 connection was closed");
    list_for_each (link, &h->streams)
        h2_stream_wake(CONTAINER_OF(link, struct h2_stream, link));
    h->reader = NULL;
    pool_shared_ended(c);
}

static void run_reader(void *argument)
{
    struct h2 *h = argument;
    CURLcode result = CURLE_OK;

    feed_unread(h);
    while (!result && !h->broken)
        result = read_frames(h);
    end(h);
}

/* ---- What the pool asks ---- */

static void close_session(struct connection *c)
{
    struct h2 *h = c->session;

    h->closing = true;
    if (h->reader)
        fiber_cancel(h->reader);
}

static void free_session(struct connection *c)
{
    struct h2 *h = c->session;

    list_for_each (link, &h->streams)
        CONTAINER_OF(link, struct h2_stream, link)->h2 = NULL;
    nghttp2_session_del(h->session);
    mem_free(h);
    c->session = NULL;
}

static const struct multiplex h2_multiplex = {.close = close_session, .free = free_session};

/* ---- Frames of the connection ---- */

/* How many streams the connection may carry now. */
static unsigned most_streams(struct h2 *h)
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

static int on_frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;

    (void)session;
    h2_stream_frame_received(h, frame);
    if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK) && !h->closing)
        pool_set_streams(h->connection, most_streams(h));
    if (frame->hd.type == NGHTTP2_GOAWAY)
        go_away(h, &frame->goaway);
    return 0;
}

/* ---- The beginning ---- */

static int make_nghttp2(struct h2 *h)
{
    nghttp2_mem memory = {.malloc = take_memory,
                          .free = free_memory,
                          .calloc = take_zeroed_memory,
                          .realloc = resize_memory};
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *options = NULL;
    int error = nghttp2_session_callbacks_new(&callbacks);

    if (!error)
        error = nghttp2_option_new(&options);
    if (!error) {
        h2_set_stream_callbacks(callbacks);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_received);
        nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
        nghttp2_option_set_no_auto_window_update(options, 1);
        nghttp2_option_set_no_closed_streams(options, 1);
        error = nghttp2_session_client_new3(&h->session, callbacks, h, options, &memory);
    }
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    return error;
}

static int submit_settings(struct h2 *h)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100             },
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,    H2_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_ENABLE_PUSH,            0               },
    };
    int error = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
                                        sizeof(settings) / sizeof(settings[0]));

    return error ? error
                 : nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                                         H2_CONNECTION_WINDOW);
}

static CURLcode start_fibers(struct h2 *h)
{
    CURLcode result = fiber_start(worker_current(), run_reader, h, &h->reader);

    if (!result)
        result = fiber_start(worker_current(), run_writer, h, &h->writer);
    return result;
}

/* A session that knows its connection, and nobody knows yet. */
static CURLcode make(struct connection *c, long most, struct h2 **ret)
{
    struct h2 *h = mem_calloc(1, sizeof(*h));
    int error;

    if (!h)
        return CURLE_OUT_OF_MEMORY;
    list_init(&h->streams);
    h->connection = c;
    h->last_stream = -1;
    h->most = most > 0 ? (unsigned)most : H2_STREAMS_BEFORE_SETTINGS;
    error = make_nghttp2(h);
    if (!error) {
        *ret = h;
        return CURLE_OK;
    }
    mem_free(h);
    return error == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_HTTP2;
}

static void unmake(struct h2 *h)
{
    nghttp2_session_del(h->session);
    mem_free(h);
}

/* From now on its fibers and the pool have it. */
static CURLcode begin(struct h2 *h)
{
    struct connection *c = h->connection;

    pool_share(c, &h2_multiplex, h,
               h->most < H2_STREAMS_BEFORE_SETTINGS ? h->most : H2_STREAMS_BEFORE_SETTINGS);
    if (!start_fibers(h))
        return CURLE_OK;
    h->closing = h->broken = true;
    h->code = CURLE_OUT_OF_MEMORY;
    if (h->reader)
        fiber_cancel(h->reader);
    else
        pool_shared_ended(c);
    return CURLE_OUT_OF_MEMORY;
}

CURLcode h2_session(struct connection *c, long most, struct h2 **ret)
{
    CURLcode result;

    *ret = c->session;
    if (*ret)
        return CURLE_OK;
    result = make(c, most, ret);
    if (result)
        return result;
    if (submit_settings(*ret)) {
        unmake(*ret);
        return CURLE_OUT_OF_MEMORY;
    }
    return begin(*ret);
}

/* ---- The upgrade of a plain connection ---- */

/* MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 65536, ENABLE_PUSH 0. */
static const uint8_t upgrade_payload[] = {0, 3, 0, 0, 0, 100, 0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0};
const char h2_upgrade_settings[] = "AAMAAABkAAQAAQAAAAIAAAAA";

CURLcode h2_upgrade(struct connection *c, long most, bool head, struct h2_stream **ret_stream)
{
    struct h2_stream *s;
    struct h2 *h;
    CURLcode result = make(c, most, &h);

    if (result)
        return result;
    s = h2_stream_new(h, 1);
    if (!s ||
        nghttp2_session_upgrade2(h->session, upgrade_payload, sizeof(upgrade_payload), head, s) ||
        submit_settings(h)) {
        h2_stream_free(s);
        unmake(h);
        return s ? CURLE_HTTP2 : CURLE_OUT_OF_MEMORY;
    }
    *ret_stream = s;
    return begin(h);
}

bool h2_is_on(const struct connection *c)
{
    return c->session || !strcmp(c->alpn, "h2");
}

bool h2_is_usable(const struct h2 *h)
{
    return !h->closing && !h->broken;
}
