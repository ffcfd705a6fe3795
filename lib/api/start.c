/* SPDX-License-Identifier: MIT */
/* The beginning of a transfer on the application's side: the snapshot of the handle's options, the
 * stores that it uses, and the worker that it goes to. */
#include "api/handle.h"

#include "api/closer.h"
#include "api/deliver.h"
#include "api/log.h"
#include "api/netrc_file.h"
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

static void take_stores(struct multi *m, struct easy *e, struct request *r)
{
    struct share *share = e->share;
    struct pool *pool = share_pool(share);
    struct dns_cache *dns = share_dns(share);
    struct tls_sessions *sessions = share_sessions(share);

    r->stores.pool = pool_ref(pool ? pool : m->pool);
    r->stores.dns = dns_cache_ref(dns ? dns : m->dns);
    r->stores.sessions = tls_sessions_ref(sessions ? sessions : m->sessions);
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
    r->transfer_id = (curl_off_t)atomic_fetch_add(&transfers, 1);
    e->transfer_id = r->transfer_id;
    take_stores(m, e, r);
    result = take_url(s, r);
    if (!result) {
        result = netrc_file_read(s, &r->netrc);
        if (result == CURLE_READ_ERROR)
            log_error(e, result, ".netrc error: the file cannot be read");
    }
    if (!result && s->closesocket_function) {
        r->closer = closer_for(m->closer, s->closesocket_function, s->closesocket_data);
        result = r->closer ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    }
    if (!result)
        result = preset_names(e, r);
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

/* The one that the program turns itself, if it does. */
static struct worker *take_own_worker(struct multi *m)
{
    struct worker *w = guest_prefers(m);

    if (!w || workers_take_this(w))
        return w;
    worker_unref(w);
    return NULL;
}

/* A worker of the pool; an inline one of the handle's own where there is no thread to be had. */
static struct worker *choose_worker(struct multi *m, struct easy *e, const struct request *r)
{
    struct worker *w = NULL;

    e->heavy = looks_heavy(r);
    if (!m->inline_worker && !e->heavy)
        w = take_own_worker(m);
    if (!m->inline_worker && !w)
        w = workers_take(e->heavy);
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
    e->recv_paused = e->send_paused = false;
    connection_free(e->kept);
    e->kept = NULL;
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

void start_release(struct multi *m, struct easy *e, struct exchange *x)
{
    if (e->held_ask) {
        ask_free(e->held_ask);
        e->held_ask = NULL;
    }
    if (!worker_is_inline(x->worker)) {
        lock_take(&m->lock);
        guest_remove_locked(&m->guest, x->worker);
        lock_drop(&m->lock);
    }
    leave_worker(e, x->worker);
    exchange_unref(x);
}
