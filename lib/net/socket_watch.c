/* SPDX-License-Identifier: MIT */
/* Watches that change hands.
 *
 * A worker's watches live in its nest. A connection is taken over by another worker so: under the
 * nest's lock the taker takes the descriptor out of the old worker's epoll itself (at once: the
 * descriptor's number may be closed and reused soon) and puts the old watch among the nest's
 * leavers. The old worker may be about to deliver an event to it, so only that worker's thread
 * frees it, whenever it next opens a watch, and at the latest when it ends. No message is needed
 * and nobody is woken.
 *
 * When a worker ends, its nest is emptied: the watches that were in it (of idle connections, kept
 * by a pool) are then nobody's, and whoever drops one frees it. */
#include "net/socket_watch.h"

#include "base/lock.h"
#include "base/mem.h"
#include "net/pool_state.h"
#include "runtime/worker.h"
#include "runtime/workers.h"

#include <stdatomic.h>

struct nest {
    /* Fixed. */
    struct lock lock;
    unsigned generation;

    /* Any thread. */
    atomic_int references;

    /* Any thread, under lock. */
    struct list watches;
    struct list leavers; /* let go of by others: out of epoll */
};

static const char nest_key;

/* ---- Nests ---- */

static void nest_unref(struct nest *n)
{
    if (!n || atomic_fetch_sub_explicit(&n->references, 1, memory_order_acq_rel) != 1)
        return;
    lock_release(&n->lock);
    mem_free(n);
}

static void watch_free(struct socket_watch *w)
{
    pool_release_memory(w->pool);
    mem_free(w);
}

/* Frees what others have let go of. The worker's thread. */
static void free_leavers(struct nest *n)
{
    struct list gone;
    struct list_link *link;

    list_init(&gone);
    lock_take(&n->lock);
    list_splice(&gone, &n->leavers);
    lock_drop(&n->lock);
    while ((link = list_take_first(&gone)) != NULL) {
        struct socket_watch *w = CONTAINER_OF(link, struct socket_watch, link);

        watch_retire(&w->watch);
        watch_free(w);
        nest_unref(n);
    }
}

/* The watches that are left stay in memory: their idle connections own them. */
static void nest_empty(struct nest *n)
{
    lock_take(&n->lock);
    while (!list_empty(&n->watches)) {
        struct list_link *link = list_take_first(&n->watches);

        watch_close(&CONTAINER_OF(link, struct socket_watch, link)->watch);
    }
    lock_drop(&n->lock);
    free_leavers(n);
}

static void nest_end(void *object)
{
    nest_empty(object);
    nest_unref(object);
}

static struct nest *nest_new(struct worker *worker)
{
    struct nest *n = mem_calloc(1, sizeof(*n));

    if (!n)
        return NULL;
    lock_init(&n->lock, LOCK_WATCHES);
    list_init(&n->watches);
    list_init(&n->leavers);
    n->generation = workers_generation();
    atomic_init(&n->references, 1);
    if (worker_local_set(worker, &nest_key, n, nest_end))
        return n;
    nest_unref(n);
    return NULL;
}

static struct nest *nest_of(struct worker *worker)
{
    struct nest *n = worker_local(worker, &nest_key);

    return n ? n : nest_new(worker);
}

/* ---- Watches ---- */

static void nest_join(struct nest *n, struct socket_watch *w)
{
    bool have_leavers;

    lock_take(&n->lock);
    list_append(&n->watches, &w->link);
    have_leavers = !list_empty(&n->leavers);
    lock_drop(&n->lock);
    w->nest = n;
    atomic_fetch_add_explicit(&n->references, 1, memory_order_relaxed);
    if (have_leavers)
        free_leavers(n);
}

CURLcode socket_watch_open(curl_socket_t fd, struct socket_watch **ret_watch)
{
    struct nest *n = nest_of(worker_current());
    struct socket_watch *w = n ? mem_calloc(1, sizeof(*w)) : NULL;
    CURLcode result;

    if (!w)
        return CURLE_OUT_OF_MEMORY;
    result = watch_open(&w->watch, fd);
    if (result) {
        mem_free(w);
        return result;
    }
    nest_join(n, w);
    *ret_watch = w;
    return CURLE_OK;
}

struct socket_watch *socket_watch_unregistered(curl_socket_t fd)
{
    struct socket_watch *w = mem_calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->watch.fd = fd;
    w->watch.ready = WAIT_READ | WAIT_WRITE;
    return w;
}

/* Not by the worker's address: another one may have it by now. */
bool socket_watch_is_here(const struct socket_watch *w)
{
    struct worker *worker = worker_current();

    return worker && w->nest && w->nest == worker_local(worker, &nest_key);
}

/* From another thread. True when nobody else knows the watch any more. */
static bool nest_leave(struct nest *n, struct socket_watch *w)
{
    bool free_here;

    lock_take(&n->lock);
    free_here = !list_linked(&w->link);
    if (!free_here) {
        watch_detach(&w->watch);
        list_remove(&w->link);
        list_append(&n->leavers, &w->link);
    }
    lock_drop(&n->lock);
    return free_here;
}

static void leave_own(struct nest *n, struct socket_watch *w)
{
    watch_close(&w->watch);
    lock_take(&n->lock);
    list_remove(&w->link);
    lock_drop(&n->lock);
}

void socket_watch_drop(struct socket_watch *w)
{
    struct nest *n = w ? w->nest : NULL;

    if (!w)
        return;
    /* In a child of fork the nest's lock may be held for ever by a thread that is not there. */
    if (n && n->generation == workers_generation()) {
        if (socket_watch_is_here(w))
            leave_own(n, w);
        else if (!nest_leave(n, w))
            return; /* the worker frees it */
        nest_unref(n);
    }
    watch_free(w);
}
