/* SPDX-License-Identifier: MIT */
/* The pool's life, and the ways into it: a connection, a place, or a place in the line. What is
 * idle is in pool_idle.c, limits and lines are in pool_limits.c. */
#include "base/mem.h"
#include "net/pool_state.h"
#include "net/socket.h"
#include "runtime/workers.h"

#include <string.h>

/* ---- The lock, and fork ---- */

/* In the child, and nothing else runs there: the parent's sockets are its own. */
UNCHECKED static void close_copies(struct fork_guard *guard)
{
    struct pool *p = CONTAINER_OF(guard, struct pool, guard);

    list_for_each (link, &p->connections) {
        struct connection *c = CONTAINER_OF(link, struct connection, open_link);

        socket_close(c->fd);
        c->fd = -1;
    }
}

/* What the child inherited: connections in use are lost with the fibers that use them. */
static void forget_parent(struct pool *p) REQUIRES(p->lock)
{
    struct list_link *link;

    while ((link = list_first(&p->idle)) != NULL) {
        struct connection *c = CONTAINER_OF(link, struct connection, age_link);

        idle_unlink(p, c);
        list_remove(&c->open_link);
        connection_free(c);
    }
    list_init(&p->connections);
    list_init(&p->waiters);
    places_forget(p);
    p->open = p->in_line = 0;
    p->counts = (struct pool_counts){0};
    p->generation = workers_generation();
}

void pool_lock(struct pool *p)
{
    lock_take(&p->lock);
    if (p->generation != workers_generation())
        forget_parent(p);
}

void pool_unlock(struct pool *p)
{
    lock_drop(&p->lock);
}

/* ---- Into use ---- */

/* What a look at the pool gave. */
enum outcome {
    GOT_CONNECTION,
    GOT_PLACE,
    MUST_WAIT,
    NO_MEMORY,
};

/* With `w`, joins a line where it must wait. */
static enum outcome look(struct pool *p, const struct pool_wish *wish, struct pool_waiter *w,
                         struct connection **ret, struct list *closing) REQUIRES(p->lock)
{
    struct destination *d = destination_take(p, wish);

    if (!d)
        return NO_MEMORY;
    *ret = wish->fresh || wish->alone ? NULL : shared_take(p, d);
    if (!*ret && !wish->fresh)
        *ret = idle_take(p, d, wish->owner);
    if (*ret) {
        destination_drop(p, d);
        return GOT_CONNECTION;
    }
    if (pipe_is_worth_waiting(d, wish)) {
        if (w) {
            w->destination = d;
            pipe_join(p, w);
        } else {
            destination_drop(p, d);
        }
        return MUST_WAIT;
    }
    if (place_take(p, d)) {
        settling_begin(d);
        return GOT_PLACE;
    }
    if (w) {
        w->destination = d;
        w->owner = wish->owner;
        w->fresh = wish->fresh;
        w->alone = wish->alone;
        waiter_join(p, w, closing);
    } else {
        destination_drop(p, d);
    }
    return MUST_WAIT;
}

static void say_closed(const struct pool_wish *wish, const struct connection *c)
{
    if (wish->hooks && wish->hooks->log)
        wish->hooks->log(wish->hooks->owner, "shutting down connection #%lld", (long long)c->id);
}

static enum outcome look_until_usable(struct pool *p, const struct pool_wish *wish,
                                      struct pool_waiter *w, struct connection **ret)
{
    struct list closing;
    enum outcome outcome;

    list_init(&closing);
    for (;;) {
        pool_lock(p);
        outcome = look(p, wish, w, ret, &closing);
        pool_unlock(p);
        pool_close_all(p, &closing);
        if (outcome != GOT_CONNECTION || connection_make_usable(*ret, wish))
            return outcome;
        say_closed(wish, *ret);
        pool_close_one(p, *ret);
        *ret = NULL;
    }
}

/* Gives back what arrived when the wait was over already. */
static void give_back(struct pool *p, struct pool_waiter *w)
{
    struct list closing;

    list_init(&closing);
    if (w->in_pipe)
        return;
    if (w->connection) {
        pool_put_back_unused(p, w->connection);
        return;
    }
    pool_lock(p);
    place_drop(p, w->destination, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
}

static WAITS CURLcode wait_in_line(struct pool *p, struct pool_waiter *w, int64_t deadline)
{
    CURLcode result = wait_for_grant(&w->waiter, deadline);
    struct list closing;
    bool left;

    if (!result)
        return CURLE_OK;
    list_init(&closing);
    pool_lock(p);
    left = waiter_leave(p, w, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
    if (!left) {
        waiter_settle(&w->waiter);
        give_back(p, w);
    }
    waiter_release(&w->waiter);
    return result;
}

/* The connection that was granted, or its place if it is no good. */
static struct connection *granted(struct pool *p, const struct pool_wish *wish,
                                  struct pool_waiter *w)
{
    if (!w->connection || connection_make_usable(w->connection, wish))
        return w->connection;
    say_closed(wish, w->connection);
    pool_close_keep_place(p, w->connection);
    return NULL;
}

/* One wait at most; *ret_again: there was news, and a new look is due. */
static WAITS CURLcode take_once(struct pool *p, const struct pool_wish *wish, int64_t deadline,
                                struct connection **ret_connection, bool *ret_again)
{
    struct pool_waiter w = {0};
    enum outcome outcome = look_until_usable(p, wish, NULL, ret_connection);
    CURLcode result;

    if (outcome == MUST_WAIT) {
        if (!waiter_init(&w.waiter))
            return CURLE_OUT_OF_MEMORY;
        outcome = look_until_usable(p, wish, &w, ret_connection);
        if (outcome == MUST_WAIT) {
            result = wait_in_line(p, &w, deadline);
            *ret_again = !result && w.in_pipe;
            if (!result && !w.in_pipe)
                *ret_connection = granted(p, wish, &w);
            return result;
        }
        waiter_release(&w.waiter);
    }
    return outcome == NO_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

CURLcode pool_take(struct pool *p, const struct pool_wish *wish, int64_t deadline,
                   struct connection **ret_connection)
{
    CURLcode result;
    bool again;

    do {
        again = false;
        result = take_once(p, wish, deadline, ret_connection, &again);
    } while (!result && again);
    return result;
}

/* The destination of a place that the caller has. */
static struct destination *destination_of(struct pool *p, const struct pool_wish *wish)
    REQUIRES(p->lock)
{
    struct hash_link *link = hash_find(&p->destinations, wish->key);

    return link ? CONTAINER_OF(link, struct destination, link) : NULL;
}

void pool_adopt(struct pool *p, const struct pool_wish *wish, struct connection *c)
{
    pool_lock(p);
    c->id = p->next_id++;
    c->pool = p;
    c->destination = destination_of(p, wish);
    c->settling = !strcmp(c->alpn, "h2");
    if (!c->settling)
        settling_end(p, c->destination);
    list_append(&p->connections, &c->open_link);
    pool_unlock(p);
}

void pool_give_up(struct pool *p, const struct pool_wish *wish)
{
    struct destination *d;
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    d = destination_of(p, wish);
    if (d) {
        settling_end(p, d);
        place_drop(p, d, &closing);
    }
    pool_unlock(p);
    pool_close_all(p, &closing);
}

/* ---- Limits and counts ---- */

void pool_set_limits(struct pool *p, long max_idle, long max_per_host, long max_total)
{
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    p->max_idle = max_idle;
    p->max_per_host = max_per_host;
    p->max_total = max_total;
    places_offer(p, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
}

void pool_set_users(struct pool *p, size_t easy_handles)
{
    pool_lock(p);
    p->easy_handles = easy_handles;
    pool_unlock(p);
}

bool pool_has(struct pool *p, struct str key)
{
    struct hash_link *link;
    bool has = false;

    lock_take(&p->lock);
    link = hash_find(&p->destinations, key);
    if (link) {
        const struct destination *d = CONTAINER_OF(link, struct destination, link);
        has = !list_empty(&d->idle) || !list_empty(&d->shared);
    }
    lock_drop(&p->lock);
    return has;
}

struct pool_counts pool_counts(struct pool *p)
{
    struct pool_counts counts;

    pool_lock(p);
    counts = p->counts;
    counts.open = p->open;
    pool_unlock(p);
    return counts;
}

static void close_idle(struct pool *p, bool for_good)
{
    struct list_link *link;
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    p->closed = p->closed || for_good;
    while ((link = list_first(&p->idle)) != NULL)
        idle_evict(p, CONTAINER_OF(link, struct connection, age_link), &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
}

void pool_close_idle(struct pool *p)
{
    close_idle(p, false);
}

/* ---- Life ---- */

struct pool *pool_new(void)
{
    struct pool *p = mem_calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    atomic_init(&p->users, 1);
    atomic_init(&p->holders, 1);
    lock_init(&p->lock, LOCK_POOL);
    list_init(&p->idle);
    list_init(&p->connections);
    list_init(&p->waiters);
    p->generation = workers_generation();
    p->guard.lock = &p->lock;
    p->guard.in_child = close_copies;
    fork_guard_open(&p->guard);
    return p;
}

struct pool *pool_ref(struct pool *p)
{
    atomic_fetch_add_explicit(&p->users, 1, memory_order_relaxed);
    return p;
}

void pool_release_memory(struct pool *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->holders, 1, memory_order_acq_rel) != 1)
        return;
    fork_guard_close(&p->guard);
    hash_release(&p->destinations);
    hash_release(&p->hosts);
    lock_release(&p->lock);
    mem_free(p);
}

void pool_unref(struct pool *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->users, 1, memory_order_acq_rel) != 1)
        return;
    close_idle(p, true);
    pool_release_memory(p);
}
