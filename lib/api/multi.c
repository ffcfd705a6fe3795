/* SPDX-License-Identifier: MIT */
/* curl_multi_*: the handle, its members, and the driving pass that curl_multi_perform is. */
#include "api/handle.h"

#include "api/closer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runtime/workers.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct multi *multi_of(CURLM *handle)
{
    struct multi *m = (struct multi *)handle;

    if (!m || m->magic != MULTI_MAGIC)
        return NULL;
    return m->generation == workers_generation() || multi_adopt_after_fork(m) ? m : NULL;
}

/* ---- Creation and the end ---- */

static bool make_stores(struct multi *m)
{
    m->events = mailbox_new(!m->is_own);
    m->pool = pool_new();
    m->dns = dns_cache_new();
    m->sessions = tls_sessions_new();
    if (!m->is_own)
        m->wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->closer = m->events ? closer_new(m->events) : NULL;
    return m->events && m->pool && m->dns && m->sessions && m->closer &&
           (m->is_own || m->wakeup_fd >= 0);
}

struct multi *multi_new(bool own)
{
    struct multi *m = mem_calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->magic = MULTI_MAGIC;
    m->generation = workers_generation();
    m->is_own = own;
    m->wakeup_fd = -1;
    lock_init(&m->lock, LOCK_MULTI);
    pthread_cond_init(&m->changed, NULL);
    list_init(&m->all);
    list_init(&m->to_start);
    list_init(&m->ready);
    list_init(&m->messages);
    list_init(&m->progressing);
    list_init(&m->paused);
    list_init(&m->notify_done);
    m->pipelining = CURLPIPE_MULTIPLEX;
    m->host_workers = 1;
    m->max_concurrent_streams = 100;
    m->timer_reported = CLOCK_NEVER;
    if (!make_stores(m) || (own && !(m->inline_worker = worker_new_inline()))) {
        multi_free(m);
        return NULL;
    }
    return m;
}

/* Everything of it is at rest: no member, no driver. */
void multi_free(struct multi *m)
{
    m->magic = GONE_MAGIC;
    pool_unref(m->pool);
    pool_unref(m->doh_pool);
    worker_free_inline(m->inline_worker);
    guest_release(&m->guest);
    host_memo_release(&m->last_host);
    worker_unref(m->pipe_worker);
    closer_retire(m->closer);
    dns_cache_unref(m->dns);
    tls_sessions_unref(m->sessions);
    mailbox_unref(m->events);
    if (m->wakeup_fd >= 0)
        close(m->wakeup_fd);
    pthread_cond_destroy(&m->changed);
    lock_release(&m->lock);
    mem_free(m);
}

CURLM *curl_multi_init(void)
{
    struct multi *m = multi_new(false);

    return m ? multi_public(m) : NULL;
}

enum { REMOVED_FEW = 3 }; /* a program that removes more goes on with that */

static void stop(struct multi *m, struct exchange *x)
{
    bool again;

    lock_take(&m->lock);
    again = ++m->removed_in_row > REMOVED_FEW;
    lock_drop(&m->lock);
    exchange_cancel_and_join(x, again);
}

/* The worker lets go of the exchange, if it has not `ended`; what it sent is taken and dropped. */
static void join(struct multi *m, struct easy *e, struct exchange *x, bool ended)
{
    if (!ended)
        stop(m, x);
    lock_take(&m->lock);
    multi_drain_locked(m);
    multi_keep_readable_locked(m);
    lock_drop(&m->lock);
    start_release(m, e, x);
}

/* Takes a member out, whatever it is doing; returns when no worker knows of it. The caller drives,
 * or holds back who does. */
static void take_out(struct multi *m, struct easy *e)
{
    struct exchange *x;
    bool ended;

    lock_take(&m->lock);
    while (e->delivering || (m->shown == e && !multi_is_recursion_locked(m))) {
        m->waiting++;
        lock_wait(&m->lock, &m->changed);
        m->waiting--;
    }
    x = e->exchange;
    ended = x && x->end_queued;
    e->exchange = NULL;
    if (e->state == EASY_ADDED || e->state == EASY_RUNNING)
        m->running--;
    e->state = EASY_IDLE;
    if (list_linked(&e->start_link)) {
        list_remove(&e->start_link);
        m->to_start_count--;
    }
    list_remove(&e->ready_link);
    list_remove(&e->notify_link);
    list_remove(&e->paused_link);
    if (list_linked(&e->message_link)) {
        list_remove(&e->message_link);
        m->messages_count--;
    }
    list_remove(&e->progress_link);
    list_remove(&e->link);
    m->added--;
    pool_set_users(m->pool, m->added);
    lock_drop(&m->lock);
    if (x)
        join(m, e, x, ended);
    e->multi = NULL;
}

static bool has_ended(struct multi *m, const struct exchange *x)
{
    bool ended;

    lock_take(&m->lock);
    multi_drain_locked(m);
    ended = !x || x->end_queued;
    lock_drop(&m->lock);
    return ended;
}

/* The ends of all transfers that were told to stop; ten thousand take hardly longer than one. The
 * performer, who is alone with the handle now. */
static void await_ends(struct multi *m)
{
    struct pollfd mail = {.fd = m->events->wake_fd, .events = POLLIN};

    list_for_each (link, &m->all) {
        struct exchange *x = CONTAINER_OF(link, struct easy, link)->exchange;
        while (!has_ended(m, x)) {
            if (m->inline_worker)
                worker_turn(m->inline_worker, CLOCK_NEVER);
            else
                poll(&mail, 1, -1);
        }
    }
}

CURLMcode curl_multi_cleanup(CURLM *handle)
{
    struct multi *m = multi_of(handle);
    CURLMcode result;

    if (!m)
        return CURLM_BAD_HANDLE;
    result = multi_begin_driving(m);
    if (result)
        return result;
    list_for_each (link, &m->all) {
        struct easy *e = CONTAINER_OF(link, struct easy, link);
        if (e->exchange)
            exchange_cancel(e->exchange);
    }
    await_ends(m);
    while (!list_empty(&m->all))
        take_out(m, CONTAINER_OF(list_first(&m->all), struct easy, link));
    pool_close_idle(m->pool);
    if (m->doh_pool)
        pool_close_idle(m->doh_pool);
    multi_report(m);
    multi_end_driving(m);
    multi_free(m);
    return CURLM_OK;
}

/* ---- Members ---- */

/* Whether the calling thread may add and remove now: not inside a callback, save that of
 * notifications. */
static CURLMcode check_may_change_locked(struct multi *m) REQUIRES(m->lock);

static CURLMcode check_may_change_locked(struct multi *m)
{
    if (worker_current() || (multi_is_recursion_locked(m) && !m->in_notify))
        return CURLM_RECURSIVE_API_CALL;
    return CURLM_OK;
}

void multi_add_locked(struct multi *m, struct easy *e)
{
    e->multi = m;
    e->state = EASY_ADDED;
    list_append(&m->all, &e->link);
    list_append(&m->to_start, &e->start_link);
    m->to_start_count++;
    m->added++;
    m->added_total++;
    m->running++;
    pool_set_users(m->pool, m->added);
}

CURLMcode multi_add(struct multi *m, struct easy *e)
{
    CURLMcode result;

    lock_take(&m->lock);
    result = check_may_change_locked(m);
    if (!result && m->dead && m->running)
        result = CURLM_ABORTED_BY_CALLBACK;
    if (!result) {
        m->dead = false;
        multi_add_locked(m, e);
    }
    lock_drop(&m->lock);
    return result;
}

CURLMcode curl_multi_add_handle(CURLM *handle, CURL *easy_handle)
{
    struct multi *m = multi_of(handle);
    struct easy *e = easy_of(easy_handle);
    struct multi *own;
    CURLMcode result;

    if (!m)
        return CURLM_BAD_HANDLE;
    if (!e)
        return CURLM_BAD_EASY_HANDLE;
    if (e->multi)
        return CURLM_ADDED_ALREADY;
    own = e->own_multi;
    e->own_multi = NULL;
    result = multi_add(m, e); /* now another thread may drive it, take it out and free it */
    if (result) {
        e->own_multi = own;
        return result;
    }
    if (own)
        multi_free(own);
    return multi_report(m);
}

CURLMcode multi_remove(struct multi *m, struct easy *e)
{
    CURLMcode result;
    bool alone = m->inline_worker != NULL; /* an inline worker is turned by one thread at a time */

    lock_take(&m->lock);
    result = check_may_change_locked(m);
    alone = alone && !m->in_notify;
    lock_drop(&m->lock);
    if (!result && alone)
        result = multi_begin_driving(m);
    if (result)
        return result;
    take_out(m, e);
    if (alone)
        multi_end_driving(m);
    return CURLM_OK;
}

CURLMcode curl_multi_remove_handle(CURLM *handle, CURL *easy_handle)
{
    struct multi *m = multi_of(handle);
    struct easy *e = easy_of(easy_handle);
    CURLMcode result;

    if (!m)
        return CURLM_BAD_HANDLE;
    if (!e)
        return CURLM_BAD_EASY_HANDLE;
    if (!e->multi)
        return CURLM_OK;
    if (e->multi != m)
        return CURLM_BAD_EASY_HANDLE;
    result = multi_remove(m, e);
    return result ? result : multi_report(m);
}

CURL **curl_multi_get_handles(CURLM *handle)
{
    struct multi *m = multi_of(handle);
    CURL **list;
    size_t count = 0;

    if (!m)
        return NULL;
    lock_take(&m->lock);
    list = mem_alloc((m->added + 1) * sizeof(*list));
    if (list) {
        list_for_each (link, &m->all)
            list[count++] = easy_public(CONTAINER_OF(link, struct easy, link));
        list[count] = NULL;
    }
    lock_drop(&m->lock);
    return list;
}

/* ---- Messages and counts ---- */

CURLMsg *curl_multi_info_read(CURLM *handle, int *msgs_in_queue)
{
    struct multi *m = multi_of(handle);
    struct list_link *link;
    size_t left;

    if (msgs_in_queue)
        *msgs_in_queue = 0;
    if (!m)
        return NULL;
    lock_take(&m->lock);
    link = list_take_first(&m->messages);
    if (link) {
        m->messages_count--;
        m->messages_moved = true;
    }
    left = m->messages_count;
    /* No callback is called from here, bindings are not prepared for one: see multi_due. */
    m->more_messages = left > 0;
    lock_drop(&m->lock);
    if (msgs_in_queue)
        *msgs_in_queue = (int)left;
    return link ? &CONTAINER_OF(link, struct easy, message_link)->message : NULL;
}

CURLMcode curl_multi_perform(CURLM *handle, int *running_handles)
{
    struct multi *m = multi_of(handle);
    CURLMcode result;

    if (!m)
        return CURLM_BAD_HANDLE;
    result = multi_drive(m, 0, running_handles);
    return result ? result : multi_report(m);
}
