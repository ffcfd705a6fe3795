/* SPDX-License-Identifier: MIT */
/* A connection's HTTP/2 session: its settings, its beginning, and what becomes of it when it rests
 * in the pool. What it reads and writes is in h2_io.c. */
#include "protocols/h2_state.h"

#include "base/mem.h"
#include "net/pool.h"

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

const nghttp2_mem h2_memory = {.malloc = take_memory,
                               .free = free_memory,
                               .calloc = take_zeroed_memory,
                               .realloc = resize_memory};

/* ---- What the pool asks ---- */

static bool is_worth_keeping(struct h2 *h)
{
    return h2_is_usable(h) && h2_most_streams(h) > 0;
}

/* A peer that sends on and on while nobody listens is left. */
static bool tend_session(struct connection *c, bool ping)
{
    struct h2 *h = c->session;

    if (ping && nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL))
        return false;
    if (h2_receive(h, H2_READS_AT_REST))
        return false;
    h2_flush(h);
    if (!h2_has_unsent(h))
        buf_release(&h->out);
    h2_end_if_broken(h);
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
    h2_listen(h);
    return is_worth_keeping(h);
}

static void shut_session(struct connection *c)
{
    struct h2 *h = c->session;

    h->asleep = true;
    h2_flush(h);
    if (h->broken || h2_has_unsent(h) ||
        nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR))
        return;
    h2_flush(h);
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

/* ---- The beginning ---- */

static int make_nghttp2(struct h2 *h)
{
    nghttp2_mem memory = h2_memory;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *options = NULL;
    int error = nghttp2_session_callbacks_new(&callbacks);

    if (!error)
        error = nghttp2_option_new(&options);
    if (!error) {
        h2_set_stream_callbacks(callbacks);
        h2_set_frame_callbacks(callbacks);
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
    h2_patience_init(&h->patience);
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
    worker_chore_drop(&h->chore);
    nghttp2_session_del(h->session);
    mem_free(h);
}

/* From now on the pool and the worker have it. */
static void begin(struct h2 *h)
{
    pool_share(h->connection, &h2_multiplex, h,
               h->most < H2_STREAMS_BEFORE_SETTINGS ? h->most : H2_STREAMS_BEFORE_SETTINGS);
    h2_feed_unread(h);
    h2_listen(h);
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
