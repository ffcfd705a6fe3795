/* SPDX-License-Identifier: MIT */
/* A connection's HTTP/2 session: what it reads and writes, its settings, its end. nghttp2 knows the
 * frames; it is fed with what has come and asked for what is to go, and calls back in between
 * (h2_stream.c).
 *
 * The session has no fiber of its own: the connection's watch calls it when something has come, and
 * a chore of the worker's writes, once a pass, what all streams have to say. So between two calls
 * nothing of it is on any stack or in any worker's hands, and it can go to sleep with its last
 * stream: idle connections move between workers, and the pool has what comes meanwhile taken in
 * (tend).
 *
 * It ends when the peer closes or either side breaks the rules: it wakes who waits on a stream, and
 * the connection goes when the last of them has returned it. */
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
    if (!h->asleep && !h->ended)
        worker_ask(&h->chore);
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

/* It neither reads nor writes any more: whoever has a stream hears of it. */
static void end_if_broken(struct h2 *h)
{
    if (!h->broken || h->ended)
        return;
    h->ended = true;
    worker_chore_drop(&h->chore);
    if (!h->asleep)
        h->connection->watch->watch.on_event = NULL;
    list_for_each (link, &h->streams)
        h2_stream_wake(CONTAINER_OF(link, struct h2_stream, link));
    pool_set_streams(h->connection, 0);
}

/* ---- Writing ---- */

/* Collects frames; false when there are none. */
static bool collect(struct h2 *h)
{
    struct buf *out = &h->out;

    buf_clear(out);
    h->out_sent = 0;
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

static bool has_unsent(const struct h2 *h)
{
    return h->out_sent < h->out.len;
}

/* Writes as far as that goes at once, and for one turn. */
static void flush(struct h2 *h)
{
    struct stream *s = h->connection->stream;

    for (int writes = 0; !h->broken && (has_unsent(h) || collect(h)); writes++) {
        size_t sent = 0;
        CURLcode result;

        if (writes == H2_WRITES_A_TURN) {
            h2_kick(h);
            return;
        }
        result = stream_try_send(s, h->out.bytes + h->out_sent, h->out.len - h->out_sent, &sent);
        if (result == CURLE_AGAIN)
            return;
        if (result)
            fail(h, result, "Failed sending HTTP/2 data");
        h->out_sent += sent;
    }
    fail_if_over(h);
}

/* ---- Reading ---- */

static void feed(struct h2 *h, const struct chunk *c)
{
    ssize_t used =
        nghttp2_session_mem_recv(h->session, (const uint8_t *)c->bytes + c->start, chunk_len(c));

    if (used < 0)
        fail(h, used == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_HTTP2,
             nghttp2_strerror((int)used));
    fail_if_over(h);
}

/* Reads once into the chunk; false when nothing is there, or nothing more will come. */
static bool read_once(struct h2 *h, struct chunk *c)
{
    struct stream *s = h->connection->stream;
    CURLcode result;

    c->start = c->end = 0;
    result = stream_try_recv(s, c->bytes, c->size, &c->end);
    if (result == CURLE_AGAIN)
        return false;
    if (!result && chunk_len(c))
        feed(h, c);
    else if (!result)
        fail(h, CURLE_RECV_ERROR, "The peer closed the HTTP/2 connection");
    else
        fail(h, result, s->reason ? s->reason : "Failed receiving HTTP/2 data");
    return !h->broken;
}

/* False when a look would be in vain. */
static bool may_have_come(const struct stream *s)
{
    return !s->watch->worker || (s->watch->ready & WAIT_READ) || s->kind->has_pending(s);
}

/* Takes in what has come, a few buffers of it; true when that was not all. */
static bool receive(struct h2 *h, int buffers)
{
    struct chunk *c;

    if (h->broken || !may_have_come(h->connection->stream))
        return false;
    c = chunk_take(CHUNK_LARGE);
    if (!c) {
        fail(h, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
        return false;
    }
    while (buffers > 0 && may_have_come(h->connection->stream) && read_once(h, c))
        buffers--;
    chunk_drop(c);
    return !buffers;
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

/* ---- In use: on the worker's own stack ---- */

static void read_some(struct h2 *h)
{
    h->more = receive(h, H2_READS_A_TURN);
    h2_kick(h);
    end_if_broken(h);
}

static void on_event(struct watch *watch, void *argument)
{
    (void)watch;
    read_some(argument);
}

static void run_chore(struct worker_chore *chore)
{
    struct h2 *h = CONTAINER_OF(chore, struct h2, chore);

    if (h->more)
        read_some(h);
    flush(h);
    end_if_broken(h);
}

/* From now on its worker tells of what comes. */
static void listen_here(struct h2 *h)
{
    struct watch *w = &h->connection->watch->watch;

    h->asleep = false;
    w->argument = h;
    w->on_event = on_event;
    read_some(h);
}

/* ---- What the pool asks ---- */

/* How many streams the connection may carry now. */
static unsigned most_streams(struct h2 *h)
{
    uint32_t peers =
        nghttp2_session_get_remote_settings(h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

    return peers < h->most ? peers : h->most;
}

static bool is_worth_keeping(struct h2 *h)
{
    return h2_is_usable(h) && most_streams(h) > 0;
}

/* A peer that sends on and on while nobody listens is left. */
static bool tend_session(struct connection *c, bool ping)
{
    struct h2 *h = c->session;

    if (ping && nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL))
        return false;
    if (receive(h, H2_READS_AT_REST))
        return false;
    flush(h);
    if (!has_unsent(h))
        buf_release(&h->out);
    end_if_broken(h);
    return is_worth_keeping(h);
}

static bool rest_session(struct connection *c)
{
    struct h2 *h = c->session;

    h->asleep = true;
    h->more = false;
    worker_chore_drop(&h->chore);
    c->watch->watch.on_event = NULL;
    return tend_session(c, false);
}

/* A look that finds nothing costs less than a request on a connection that has just been given up.
 */
static bool wake_session(struct connection *c)
{
    struct h2 *h = c->session;

    c->watch->watch.ready |= WAIT_READ;
    if (!tend_session(c, false))
        return false;
    listen_here(h);
    return is_worth_keeping(h);
}

static void shut_session(struct connection *c)
{
    struct h2 *h = c->session;

    h->asleep = true;
    flush(h);
    if (h->broken || has_unsent(h) ||
        nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR))
        return;
    flush(h);
}

static void free_session(struct connection *c)
{
    struct h2 *h = c->session;

    worker_chore_drop(&h->chore);
    list_for_each (link, &h->streams) {
        struct h2_stream *s = CONTAINER_OF(link, struct h2_stream, link);

        s->h2 = NULL;
        if (s->unclaimed)
            h2_stream_free(s);
    }
    nghttp2_session_del(h->session);
    buf_release(&h->out);
    mem_free(h);
    c->session = NULL;
}

static const struct multiplex h2_multiplex = {
    .rest = rest_session,
    .wake = wake_session,
    .tend = tend_session,
    .shut = shut_session,
    .free = free_session,
};

/* ---- Frames of the connection ---- */

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

static void bear(struct h2 *h)
{
    int64_t now = clock_now(), more = (now - h->calm_since) * H2_CALM_A_SECOND / CLOCK_SECOND;

    if (more > 0) {
        h->calm = more < H2_CALM_MOST - h->calm ? h->calm + (int)more : H2_CALM_MOST;
        h->calm_since = now;
    }
    if (h->calm-- > 0 || h->said[0])
        return;
    snprintf(h->said, sizeof(h->said), "The peer floods the HTTP/2 connection");
    if (nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM))
        fail(h, CURLE_OUT_OF_MEMORY, h->said);
}

static int on_frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;

    (void)session;
    if (brings_nothing(frame))
        bear(h);
    h2_stream_frame_received(h, frame);
    if (frame->hd.type == NGHTTP2_PUSH_PROMISE)
        h2_promise_end(h, &frame->push_promise);
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
        {NGHTTP2_SETTINGS_ENABLE_PUSH,            h->pushes       },
    };
    int error = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
                                        sizeof(settings) / sizeof(settings[0]));

    return error ? error
                 : nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                                         H2_CONNECTION_WINDOW);
}

/* A session that knows its connection, and nobody knows yet. */
static CURLcode make(struct connection *c, const struct h2_terms *terms, struct h2 **ret)
{
    struct h2 *h = mem_calloc(1, sizeof(*h));
    int error;

    if (!h)
        return CURLE_OUT_OF_MEMORY;
    list_init(&h->streams);
    h->connection = c;
    h->chore.run = run_chore;
    h->calm = H2_CALM_MOST;
    h->calm_since = clock_now();
    h->last_stream = -1;
    h->most = terms->most > 0 ? (unsigned)terms->most : H2_STREAMS_BEFORE_SETTINGS;
    h->pushes = terms->pushes;
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

/* From now on the pool and the worker have it. */
static void begin(struct h2 *h)
{
    pool_share(h->connection, &h2_multiplex, h,
               h->most < H2_STREAMS_BEFORE_SETTINGS ? h->most : H2_STREAMS_BEFORE_SETTINGS);
    feed_unread(h);
    listen_here(h);
}

CURLcode h2_session(struct connection *c, const struct h2_terms *terms, struct h2 **ret)
{
    CURLcode result;

    *ret = c->session;
    if (*ret)
        return CURLE_OK;
    result = make(c, terms, ret);
    if (result)
        return result;
    if (submit_settings(*ret)) {
        unmake(*ret);
        return CURLE_OUT_OF_MEMORY;
    }
    begin(*ret);
    return CURLE_OK;
}

/* ---- The upgrade of a plain connection ---- */

/* MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 65536, ENABLE_PUSH 0. */
static const uint8_t upgrade_payload[] = {0, 3, 0, 0, 0, 100, 0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0};
const char h2_upgrade_settings[] = "AAMAAABkAAQAAQAAAAIAAAAA";

CURLcode h2_upgrade(struct connection *c, const struct h2_terms *terms, bool head,
                    struct h2_stream **ret_stream)
{
    struct h2_stream *s;
    struct h2 *h;
    CURLcode result = make(c, terms, &h);

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
    begin(h);
    return CURLE_OK;
}

bool h2_is_on(const struct connection *c)
{
    return c->session || !strcmp(c->alpn, "h2");
}

bool h2_is_usable(const struct h2 *h)
{
    return !h->closing && !h->broken;
}
