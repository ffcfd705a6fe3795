/* SPDX-License-Identifier: MIT */
/* curl_easy_*: the handle's life, its options, and a transfer on the calling thread. */
#include "api/handle.h"

#include "api/form.h"
#include "api/global.h"
#include "api/options.h"
#include "api/share.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/tls.h"
#include "runtime/workers.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

struct easy *easy_of(CURL *handle)
{
    struct easy *e = (struct easy *)handle;

    return e && e->magic == EASY_MAGIC ? e : NULL;
}

/* ---- Birth and death ---- */

static struct easy *easy_new(struct settings *settings)
{
    struct easy *e = settings ? mem_calloc(1, sizeof(*e)) : NULL;

    if (!e) {
        settings_unref(settings);
        return NULL;
    }
    e->magic = EASY_MAGIC;
    e->settings = settings;
    facts_init(&e->facts);
    headers_init(&e->headers);
    return e;
}

CURL *curl_easy_init(void)
{
    struct easy *e;

    global_init_if_needed();
    e = easy_new(settings_new());
    return e ? easy_public(e) : NULL;
}

CURL *curl_easy_duphandle(CURL *handle)
{
    struct easy *from = easy_of(handle), *e;

    if (!from)
        return NULL;
    e = easy_new(settings_clone(from->settings));
    if (e && (cookie_engine_copy(from, e) || altsvc_engine_copy(from, e) ||
              hsts_engine_copy(from, e) || form_copy(from, e))) {
        curl_easy_cleanup(easy_public(e));
        return NULL;
    }
    return e ? easy_public(e) : NULL;
}

void easy_drop_own_multi(struct easy *e)
{
    if (e->own_multi)
        multi_free(e->own_multi);
    e->own_multi = NULL;
}

/* The handle's own multi, made this process's own after a fork. NULL when it has none or memory is
 * short. */
static struct multi *own_multi(struct easy *e)
{
    struct multi *m = e->own_multi;

    if (m && m->generation != workers_generation() && !multi_adopt_after_fork(m))
        return NULL;
    return m;
}

void curl_easy_cleanup(CURL *handle)
{
    struct easy *e = easy_of(handle);
    struct multi *m;

    if (!e || e->perform_active)
        return;
    own_multi(e);
    m = e->multi ? multi_of(multi_public(e->multi)) : NULL;
    if (m && multi_remove(m, e))
        return; /* from inside one of its callbacks: not allowed, and nothing is freed under its
                   feet */
    easy_drop_own_multi(e);
    cookie_engine_close(e);
    altsvc_engine_close(e);
    hsts_engine_close(e);
    form_stop(e);
    form_forget(e);
    e->magic = GONE_MAGIC;
    connection_free(e->kept);
    ws_session_reset(&e->ws);
    share_detach(e->share, e);
    facts_release(&e->facts);
    headers_release(&e->headers);
    certinfo_free(e->certinfo);
    auth_memory_free(e->auth);
    push_end(e->pushed);
    settings_unref(e->settings);
    mem_free(e);
}

void curl_easy_reset(CURL *handle)
{
    struct easy *e = easy_of(handle);
    struct settings *fresh = e ? settings_new() : NULL;

    if (!fresh)
        return;
    settings_unref(e->settings);
    e->settings = fresh;
    facts_release(&e->facts);
    facts_init(&e->facts);
    headers_clear(&e->headers);
    auth_memory_free(e->auth);
    e->auth = NULL;
    e->progress = (struct progress){0};
    cookie_engine_reset(e);
    form_forget(e);
}

/* ---- Options ---- */

static CURLcode set_share(struct easy *e, CURLSH *handle)
{
    struct share *share = share_of(handle);

    if (e->state == EASY_RUNNING)
        return CURLE_FAILED_INIT;
    if (handle && !share)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (share == e->share)
        return CURLE_OK;
    if (share)
        share_attach(share, e);
    cookie_engine_leave_share(e);
    hsts_engine_leave_share(e);
    share_detach(e->share, e);
    e->share = share;
    return CURLE_OK;
}

/* The options that act on the handle. */
static CURLcode set_in_handle(struct easy *e, CURLoption option, va_list arguments)
{
    const char *text;

    if (option == CURLOPT_SHARE)
        return set_share(e, va_arg(arguments, CURLSH *));
    if (option == CURLOPT_HSTS_CTRL)
        return hsts_engine_set_control(e, va_arg(arguments, long));
    if (option == CURLOPT_MIMEPOST)
        return form_set_mime(e, va_arg(arguments, curl_mime *));
    if (option == CURLOPT_HTTPPOST)
        return form_set_list(e, va_arg(arguments, struct curl_httppost *));
    text = va_arg(arguments, const char *);
    if (text && strnlen(text, OPTION_STRING_LIMIT + 1) > OPTION_STRING_LIMIT)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (option == CURLOPT_COOKIEFILE)
        return cookie_engine_set_file(e, text);
    if (option == CURLOPT_HSTS)
        return hsts_engine_set_file(e, text);
    return cookie_engine_set_list(e, text);
}

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *handle, CURLoption option, ...)
{
    struct easy *e = easy_of(handle);
    const struct option_row *row = option_find(option);
    va_list arguments;
    CURLcode result;

    if (!e)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    va_start(arguments, option);
    if (row && row->store == STORE_IN_HANDLE)
        result = set_in_handle(e, option, arguments);
    else
        result = options_set(&e->settings, option, arguments);
    va_end(arguments);
    if (!result && option == CURLOPT_COOKIEJAR && e->settings->cookie_jar)
        result = cookie_engine_enable(e);
    if (!result && option == CURLOPT_ALTSVC)
        result = altsvc_engine_set_file(e);
    if (!result && option == CURLOPT_ALTSVC_CTRL)
        result = altsvc_engine_set_control(e);
    return result;
}

/* ---- A transfer on the calling thread ---- */

static CURLcode from_multi_code(CURLMcode code)
{
    switch (code) {
    case CURLM_OK:
        return CURLE_OK;
    case CURLM_OUT_OF_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    case CURLM_RECURSIVE_API_CALL:
        return CURLE_RECURSIVE_API_CALL;
    default:
        return CURLE_FAILED_INIT;
    }
}

static CURLcode perform_with(struct multi *m, struct easy *e)
{
    CURLMcode code = multi_add(m, e);
    CURLcode result;

    if (code)
        return from_multi_code(code);
    pool_set_limits(m->pool, e->settings->max_connects, 0, 0);
    while (e->state != EASY_ENDED && !code)
        code = multi_drive(m, multi_due(m), NULL);
    result = code ? from_multi_code(code) : e->result;
    multi_remove(m, e);
    return result;
}

CURLcode curl_easy_perform(CURL *handle)
{
    struct easy *e = easy_of(handle);
    CURLcode result;

    if (!e)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (e->perform_active)
        return CURLE_RECURSIVE_API_CALL;
    if (e->multi)
        return easy_is_in_callback(e) ? CURLE_RECURSIVE_API_CALL : CURLE_FAILED_INIT;
    if (!own_multi(e)) {
        easy_drop_own_multi(e);
        e->own_multi = multi_new(true);
    }
    if (!e->own_multi)
        return CURLE_OUT_OF_MEMORY;
    e->perform_active = true;
    result = perform_with(e->own_multi, e);
    e->perform_active = false;
    return result;
}

/* ---- Pause ---- */

static bool apply_pause_locked(struct easy *e, int action)
{
    bool recv = action & CURLPAUSE_RECV, send = action & CURLPAUSE_SEND;
    bool was_paused = e->recv_paused || atomic_load(&e->exchange->recv_paused);
    bool resumes = (was_paused && !recv) || (e->send_paused && !send);

    if (!recv)
        atomic_fetch_add(&e->exchange->resumes, 1);
    e->recv_paused = recv;
    e->send_paused = send;
    atomic_store(&e->exchange->recv_paused, recv);
    atomic_store(&e->exchange->send_paused, send);
    return resumes;
}

CURLcode curl_easy_pause(CURL *handle, int action)
{
    struct easy *e = easy_of(handle);
    struct multi *m = e ? e->multi : NULL;
    CURLcode result = CURLE_OK;
    bool resumes = false;

    if (!m)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    lock_take(&m->lock);
    if (m->in_socket_callback && multi_is_recursion_locked(m))
        result = CURLE_RECURSIVE_API_CALL;
    else if (!e->exchange)
        result = CURLE_BAD_FUNCTION_ARGUMENT;
    else
        resumes = apply_pause_locked(e, action);
    if (!result)
        multi_note_pause_locked(m, e);
    if (resumes) {
        /* Its events are looked at again, from the loop that drives: nothing is called from here.
         */
        if (!list_linked(&e->ready_link))
            list_append(&m->ready, &e->ready_link);
        mailbox_wake(m->events);
        exchange_kick(e->exchange);
    }
    lock_drop(&m->lock);
    if (resumes)
        multi_report(m);
    return result;
}

/* ---- CURLOPT_CONNECT_ONLY ---- */

bool easy_is_in_callback(struct easy *e)
{
    struct multi *m = e->multi;
    bool inside = e->perform_active;

    if (m && !inside) {
        lock_take(&m->lock);
        inside = multi_is_recursion_locked(m) && !m->in_notify;
        lock_drop(&m->lock);
    }
    return inside;
}

/* What came behind a proxy's answer, then what the socket gives. */
static CURLcode recv_kept(struct connection *c, void *buffer, size_t size, size_t *n)
{
    size_t len;

    if (!c->unread || !size)
        return stream_try_recv(c->stream, buffer, size, n);
    len = chunk_len(c->unread) < size ? chunk_len(c->unread) : size;
    memcpy(buffer, chunk_at(c->unread), len);
    connection_used(c, len);
    *n = len;
    return CURLE_OK;
}

CURLcode curl_easy_recv(CURL *handle, void *buffer, size_t buflen, size_t *n)
{
    struct easy *e = easy_of(handle);

    if (!e || !n)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    *n = 0;
    if (easy_is_in_callback(e))
        return CURLE_RECURSIVE_API_CALL;
    if (!e->kept)
        return CURLE_UNSUPPORTED_PROTOCOL;
    return recv_kept(e->kept, buffer, buflen, n);
}

CURLcode curl_easy_send(CURL *handle, const void *buffer, size_t buflen, size_t *n)
{
    struct easy *e = easy_of(handle);

    if (!e || !n)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    *n = 0;
    if (easy_is_in_callback(e))
        return CURLE_RECURSIVE_API_CALL;
    if (!e->kept)
        return CURLE_UNSUPPORTED_PROTOCOL;
    return stream_try_send(e->kept->stream, buffer, buflen, n);
}

/* The connections that the handle may use: its share object's, its multi handle's, or its own. NULL
 * for none. */
static struct pool *pool_of(struct easy *e)
{
    struct pool *shared = share_pool(e->share);
    struct multi *m = e->multi ? e->multi : e->own_multi;

    return shared || !m ? shared : m->pool;
}

static int64_t upkeep_interval_us(const struct easy *e)
{
    long most = LONG_MAX / CLOCK_MS, ms = e->settings->upkeep_interval_ms;

    return (ms < most ? ms : most) * CLOCK_MS;
}

/* Kept connections are watched by their workers all the time; only those of curl_easy_perform wait
 * to be looked at. */
CURLcode curl_easy_upkeep(CURL *handle)
{
    struct easy *e = easy_of(handle);
    struct pool *pool;

    if (!e)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (easy_is_in_callback(e))
        return CURLE_RECURSIVE_API_CALL;
    if (own_multi(e))
        multi_drive(e->own_multi, 0, NULL);
    pool = pool_of(e);
    if (pool)
        pool_keep_up(pool, upkeep_interval_us(e));
    return CURLE_OK;
}
