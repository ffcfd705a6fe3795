/* SPDX-License-Identifier: MIT */
/* The beginning of a transfer on the application's side: the snapshot of the handle's options, the
 * stores that it uses, and the worker that it goes to. */
#include "api/handle.h"

#include "api/closer.h"
#include "api/deliver.h"
#include "api/form.h"
#include "api/log.h"
#include "api/netrc_file.h"
#include "api/proxy_environment.h"
#include "api/share.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runtime/workers.h"
#include "transfer/transfer.h"

#include <stdatomic.h>
#include <string.h>

/* ---- The request ---- */

/* CURLOPT_CURLU goes before CURLOPT_URL. */
static CURLcode take_url(const struct settings *s, struct request *r)
{
    char *text;
    CURLUcode why;

    if (!s->curlu) {
        r->url = s->url ? mem_memdup0(s->url->bytes, s->url->len) : NULL;
        return s->url && !r->url ? CURLE_OUT_OF_MEMORY : CURLE_OK;
    }
    why = curl_url_get(s->curlu, CURLUPART_URL, &text, CURLU_GET_EMPTY);
    if (why == CURLUE_OUT_OF_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (why)
        return CURLE_URL_MALFORMAT;
    r->url = text;
    return CURLE_OK;
}

/* False without memory. */
static bool take_doh_pool(struct multi *m, const struct settings *s, struct request *r)
{
    if (!s->doh_url)
        return true;
    if (!m->doh_pool)
        m->doh_pool = pool_new();
    r->doh_pool = m->doh_pool ? pool_ref(m->doh_pool) : NULL;
    return m->doh_pool != NULL;
}

/* The program's lock functions are called in pairs, one kind of data at a time: many programs have
 * one mutex for all. */
static void take_stores(struct multi *m, struct easy *e, struct request *r)
{
    struct share *share = e->share;
    struct pool *pool = share_pool(share);
    struct dns_cache *dns = share_dns(share);
    struct tls_sessions *sessions = share_sessions(share);

    share_lock(share, e, CURL_LOCK_DATA_CONNECT);
    r->stores.pool = pool_ref(pool ? pool : m->pool);
    share_unlock(share, e, CURL_LOCK_DATA_CONNECT);
    share_lock(share, e, CURL_LOCK_DATA_DNS);
    r->stores.dns = dns_cache_ref(dns ? dns : m->dns);
    share_unlock(share, e, CURL_LOCK_DATA_DNS);
    share_lock(share, e, CURL_LOCK_DATA_SSL_SESSION);
    r->stores.sessions = tls_sessions_ref(sessions ? sessions : m->sessions);
    share_unlock(share, e, CURL_LOCK_DATA_SSL_SESSION);
}

static void log_names(struct easy *e)
{
    for (const struct curl_slist *l = e->settings->resolve; l; l = l->next) {
        bool passes = *l->data == '+';
        scoped(buf) line = {0};

        if (*l->data == '-')
            continue;
        buf_printf(&line, "Added %s to DNS cache%s\n", l->data + passes,
                   passes ? " (non-permanent)" : "");
        if (!buf_failed(&line))
            log_bytes(e, CURLINFO_TEXT, line.bytes, line.len);
    }
}

static CURLcode preset_names(struct easy *e, struct request *r)
{
    scoped(buf) error = {0};
    CURLcode result;

    if (!e->settings->resolve)
        return CURLE_OK;
    result = dns_cache_preset(r->stores.dns, e->settings->resolve, &error);
    if (result)
        log_error(e, result, buf_text(&error));
    else if (e->settings->verbose)
        log_names(e);
    return result;
}

static CURLcode new_request(struct multi *m, struct easy *e, struct request **ret)
{
    static atomic_llong transfers;
    struct request *r = mem_calloc(1, sizeof(*r));
    const struct settings *s = e->settings;
    CURLcode result;

    if (!r)
        return CURLE_OUT_OF_MEMORY;
    r->settings = settings_ref(e->settings);
    r->started = e->progress.started;
    r->auth = e->auth;
    e->auth = NULL;
    r->pushed = e->pushed;
    e->pushed = NULL;
    r->wants_pushes = m->push_function && m->pipelining;
    r->most_streams = m->pipelining && !m->is_own ? m->max_concurrent_streams : 1;
    r->transfer_id = (curl_off_t)atomic_fetch_add(&transfers, 1);
    e->transfer_id = r->transfer_id;
    take_stores(m, e, r);
    r->altsvc = altsvc_engine_start(e);
    result = take_doh_pool(m, s, r) ? take_url(s, r) : CURLE_OUT_OF_MEMORY;
    if (!result) {
        result = netrc_file_read(s, &r->netrc);
        r->netrc_unreadable = result == CURLE_READ_ERROR; /* told when it is wanted */
        if (r->netrc_unreadable)
            result = CURLE_OK;
    }
    if (!result)
        result = cookie_engine_start(e, &r->cookies);
    if (!result)
        result = hsts_engine_start(e, &r->hsts);
    if (!result && !(s->proxy && s->noproxy))
        result = proxy_environment_read(&r->proxies);
    if (!result && s->closesocket_function) {
        r->closer = closer_for(m->closer, s->closesocket_function, s->closesocket_data);
        result = r->closer ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    }
    if (!result)
        result = preset_names(e, r);
    if (!result)
        result = form_start(e, r);
    if (result) {
        request_free(r);
        return result;
    }
    *ret = r;
    return CURLE_OK;
}

/* ---- The worker ---- */

/* A handshake is likely: over TLS, and no kept connection waits. */
static bool looks_heavy(const struct request *r)
{
    return r->url && !strncmp(r->url, "https:", 6) && pool_counts(r->stores.pool).idle == 0;
}

static void leave_worker(struct easy *e, struct worker *w)
{
    if (!worker_is_inline(w))
        workers_done(w, e->heavy);
}

/* Takes a worker that there is a reason for; NULL when it is gone, or none was given. */
static struct worker *take_this(struct worker *w)
{
    if (!w || workers_take_this(w))
        return w;
    worker_unref(w);
    return NULL;
}

/* Where a connection to the same host takes several transfers (HTTP/2), with a reference. */
static struct worker *find_home(struct multi *m, const struct request *r, bool *ret_elsewhere)
{
    struct str key;

    if (r->most_streams <= 1 || !r->url || !pool_has_homes(r->stores.pool) ||
        !host_memo_key(&m->last_host, r->url, r->settings->port, &key))
        return NULL;
    return pool_home(r->stores.pool, key, (int)m->host_workers, ret_elsewhere);
}

/* Transfers that are to share the connection which the first of them opens belong together: those
 * that wait for it (CURLOPT_PIPEWAIT), or may have no other. */
static bool wants_to_share(const struct multi *m, const struct easy *e)
{
    return e->settings->pipewait || m->max_host_connections == 1 || m->max_total_connections == 1;
}

/* A worker that there is a reason for: a shared connection is there or to come, or the program
 * turns it. */
static struct worker *take_with_reason(struct multi *m, struct easy *e, const struct request *r)
{
    bool elsewhere = false;
    struct worker *w = take_this(find_home(m, r, &elsewhere));

    if (elsewhere) {
        e->heavy = true; /* a connection is to be opened, and where there is time */
        return NULL;
    }
    if (!w && m->pipe_worker && wants_to_share(m, e)) {
        worker_ref(m->pipe_worker);
        w = take_this(m->pipe_worker);
    }
    if (!w && !e->heavy)
        w = take_this(guest_prefers(m));
    return w;
}

/* One of the pool; NULL when there is no thread to be had. */
static struct worker *take_worker(struct multi *m, struct easy *e, const struct request *r)
{
    struct worker *w;

    e->heavy = looks_heavy(r);
    w = take_with_reason(m, e, r);
    if (w)
        e->heavy = false;
    else
        w = workers_take(e->heavy);
    if (w && w != m->pipe_worker && wants_to_share(m, e)) {
        worker_unref(m->pipe_worker);
        worker_ref(w);
        m->pipe_worker = w;
    }
    return w;
}

/* The one that has the stream with the answer; NULL when it is gone. */
static struct worker *take_pushed_worker(struct multi *m, struct easy *e, struct push *p)
{
    struct worker *w = p->worker;

    if (m->inline_worker || worker_is_inline(w))
        return w == m->inline_worker ? w : NULL;
    e->heavy = false;
    worker_ref(w);
    return take_this(w);
}

/* An inline one of the handle's own where the pool has none. */
static struct worker *choose_worker(struct multi *m, struct easy *e, struct request *r)
{
    struct worker *w = r->pushed ? take_pushed_worker(m, e, r->pushed) : NULL;

    if (!w && r->pushed) {
        push_end(r->pushed); /* it is asked for then, as any other */
        r->pushed = NULL;
    }
    if (!w && !m->inline_worker)
        w = take_worker(m, e, r);
    if (w)
        return w;
    if (!m->inline_worker)
        m->inline_worker = worker_new_inline();
    return m->inline_worker;
}

static void put_in_batch(struct start_batch *batch, struct worker *w, struct post *p)
{
    int i = 0;

    p->next = NULL;
    while (i < batch->count && batch->at[i].worker != w)
        i++;
    if (i == START_BATCH_WORKERS) { /* more workers than places: this one is woken for itself */
        worker_post_chain(w, p, p);
        return;
    }
    if (i == batch->count) {
        batch->count++;
        batch->at[i].worker = w;
        batch->at[i].first = p;
    } else {
        batch->at[i].last->next = p;
    }
    batch->at[i].last = p;
}

void start_batch_post(struct start_batch *batch)
{
    for (int i = 0; i < batch->count; i++)
        worker_post_chain(batch->at[i].worker, batch->at[i].first, batch->at[i].last);
    batch->count = 0;
}

/* ---- Start and release ---- */

/* Nothing of the transfer before shows through. */
static void forget_last(struct easy *e)
{
    facts_release(&e->facts);
    facts_init(&e->facts);
    headers_clear(&e->headers);
    certinfo_free(e->certinfo);
    e->certinfo = NULL;
    e->override = CURLE_OK;
    e->upload_after_cr = false;
    e->recv_paused = e->send_paused = false;
    connection_free(e->kept);
    e->kept = NULL;
    ws_session_reset(&e->ws);
    log_begin(e);
    progress_start(e, clock_now());
}

CURLcode start_transfer(struct multi *m, struct easy *e, struct start_batch *batch)
{
    struct request *r = NULL;
    struct exchange *x;
    struct worker *w;
    CURLcode result;

    forget_last(e);
    result = new_request(m, e, &r);
    if (result)
        return result;
    w = choose_worker(m, e, r);
    x = w ? exchange_new(r, m->events, e) : NULL;
    if (!x) {
        if (w)
            leave_worker(e, w); /* the request went with the exchange */
        else
            request_free(r);
        return CURLE_OUT_OF_MEMORY;
    }
    x->log = e->settings->verbose;
    x->direct = m->callbacks_on_workers ? &direct_callbacks : NULL;
    put_in_batch(batch, w, &exchange_prepare(x, w, transfer_run)->post);
    lock_take(&m->lock);
    e->exchange = x;
    e->state = EASY_RUNNING;
    if (!worker_is_inline(w))
        guest_add_locked(&m->guest, w);
    lock_drop(&m->lock);
    return CURLE_OK;
}

void start_is_through(struct easy *e)
{
    if (!e->heavy)
        return;
    e->heavy = false;
    workers_relieve(e->exchange->worker);
}

void start_release(struct multi *m, struct easy *e, struct exchange *x)
{
    if (e->held_ask) {
        ask_free(e->held_ask);
        e->held_ask = NULL;
    }
    while (e->held_calls) {
        struct ask *a = e->held_calls;
        e->held_calls = a->next_held;
        ask_free(a);
    }
    form_stop(e);
    if (!worker_is_inline(x->worker)) {
        lock_take(&m->lock);
        guest_remove_locked(&m->guest, x->worker);
        lock_drop(&m->lock);
    }
    leave_worker(e, x->worker);
    exchange_unref(x);
}
