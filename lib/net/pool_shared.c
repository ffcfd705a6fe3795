/* SPDX-License-Identifier: MIT */
/* Connections that serve several transfers at once. In use such a one belongs to the worker on
 * which all of them run, and is among its destination's shared ones while it has room. When the
 * last one has left, its session goes to sleep, and it is idle like any other: whoever takes it, on
 * whichever worker, has it alone until it is awake again (shared_wake) and has room for others. */
#include "base/clock.h"
#include "net/pool_state.h"
#include "runtime/worker.h"

enum { SATURATED_PERMILLE = 850 }; /* of a worker's time */

/* Whether another transfer may join. */
static bool has_room(const struct connection *c)
{
    return !c->retired && !c->asleep && c->streams < c->most_streams;
}

static void note_room(struct connection *c)
{
    bool listed = list_linked(&c->shared_link);

    if (has_room(c) && c->streams && !listed)
        list_append(&c->destination->shared, &c->shared_link);
    else if (listed && !(has_room(c) && c->streams))
        list_remove(&c->shared_link);
}

/* Somebody waits for this destination's place on another worker: it will not come as long as new
 * transfers join here. */
static bool is_wanted_elsewhere(struct pool *p, const struct destination *d) REQUIRES(p->lock)
{
    struct pool_waiter *next = waiter_first(p, d);

    return next && next->waiter.worker != worker_current();
}

struct connection *shared_take(struct pool *p, struct destination *d)
{
    if (list_empty(&d->shared) || is_wanted_elsewhere(p, d))
        return NULL;
    list_for_each (link, &d->shared) {
        struct connection *c = CONTAINER_OF(link, struct connection, shared_link);

        if (c->home != worker_current())
            continue;
        c->streams++;
        note_room(c);
        return c;
    }
    return NULL;
}

/* ---- CURLOPT_PIPEWAIT ---- */

bool pipe_is_worth_waiting(const struct destination *d, const struct pool_wish *wish)
{
    return wish->pipewait && !wish->alone && !wish->fresh && d->settling &&
           d->settling_on == worker_current();
}

void pipe_join(struct pool *p, struct pool_waiter *w)
{
    w->in_pipe = true;
    p->counts.waiting++;
    list_append(&w->destination->pipe, &w->waiter.link);
}

void settling_begin(struct destination *d)
{
    d->settling++;
    d->settling_on = worker_current();
}

/* All look again: it may take them. */
void settling_end(struct pool *p, struct destination *d)
{
    struct list_link *link;

    if (d->settling)
        d->settling--;
    while ((link = list_take_first(&d->pipe)) != NULL) {
        struct pool_waiter *w = CONTAINER_OF(link, struct pool_waiter, waiter.link);

        p->counts.waiting--;
        d->references--; /* whoever settles has one, too */
        waiter_grant(&w->waiter);
    }
}

/* Gives its room to those who wait for it on its worker and whose turn it is. */
static void serve_waiters(struct pool *p, struct connection *c, struct list *closing)
    REQUIRES(p->lock)
{
    struct pool_waiter *next;

    while (has_room(c) && (next = waiter_first(p, c->destination)) != NULL &&
           next->destination == c->destination && !next->fresh && !next->alone &&
           next->waiter.worker == c->home) {
        c->streams++;
        waiter_give(p, next, c, closing);
    }
    note_room(c);
}

void pool_share(struct connection *c, const struct multiplex *multiplex, void *session,
                unsigned most)
{
    struct pool *p = c->pool;
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    c->multiplex = multiplex;
    c->session = session;
    c->most_streams = most;
    shared_begin(p, c, worker_current());
    serve_waiters(p, c, &closing);
    if (c->settling)
        settling_end(p, c->destination);
    c->settling = false;
    pool_unlock(p);
    pool_close_all(p, &closing);
}

void pool_join(struct connection *c)
{
    pool_lock(c->pool);
    c->streams++;
    note_room(c);
    pool_unlock(c->pool);
}

/* The one that has most time, of the latest `most`; NULL when all are saturated and there may be
 * another. */
static struct worker *choose_home(const struct host *h, int most, bool *ret_elsewhere)
{
    struct worker *best = h->homes[0];
    int least = 1000, known = 0;

    if (most <= 1 || !best)
        return best;
    for (; known < most && known < HOMES_MOST && h->homes[known]; known++) {
        int busy = worker_busy_permille(h->homes[known]);

        if (busy < least) {
            least = busy;
            best = h->homes[known];
        }
    }
    *ret_elsewhere = least >= SATURATED_PERMILLE && known < most && known < HOMES_MOST;
    return *ret_elsewhere ? NULL : best;
}

struct worker *pool_home(struct pool *p, struct str host, int most, bool *ret_elsewhere)
{
    struct worker *home = NULL;
    struct hash_link *link;

    pool_lock(p);
    link = hash_find(&p->hosts, host);
    if (link)
        home = choose_home(CONTAINER_OF(link, struct host, link), most, ret_elsewhere);
    if (home)
        worker_ref(home);
    pool_unlock(p);
    return home;
}

bool pool_has_homes(struct pool *p)
{
    return atomic_load_explicit(&p->homes, memory_order_relaxed) > 0;
}

/* ---- Asleep ---- */

bool shared_sleeps(const struct connection *c)
{
    return c->multiplex && c->asleep;
}

void shared_begin(struct pool *p, struct connection *c, struct worker *w)
{
    c->streams = 1;
    c->home = w;
    if (c->most_streams > 1)
        host_note_home(p, c->destination->host, w);
}

bool shared_give_up(struct pool *p, struct connection *c)
{
    if (!shared_sleeps(c))
        return false;
    pool_lock(p);
    c->streams = 0;
    c->home = NULL;
    pool_unlock(p);
    return true;
}

bool shared_wake(struct pool *p, struct connection *c)
{
    struct list closing;

    if (!c->multiplex->wake(c))
        return false;
    list_init(&closing);
    pool_lock(p);
    c->asleep = false;
    serve_waiters(p, c, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
    return true;
}

void pool_set_streams(struct connection *c, unsigned most)
{
    struct pool *p = c->pool;
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    c->most_streams = most;
    c->retired = c->retired || !most;
    serve_waiters(p, c, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
}

/* ---- Back from a transfer ---- */

/* True when it was the last one. */
static bool leave(struct connection *c, bool reusable)
{
    c->streams--;
    c->retired = c->retired || !reusable;
    if (!c->streams) {
        c->asleep = true;
        c->home = NULL;
    }
    note_room(c);
    return !c->streams;
}

enum shared_fate shared_leave(struct connection *c, bool reusable)
{
    struct pool *p = c->pool;
    struct list closing;
    bool last;

    list_init(&closing);
    pool_lock(p);
    last = leave(c, reusable);
    if (!last)
        serve_waiters(p, c, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
    if (!last)
        return SHARED_IN_USE;
    if (c->retired || !c->multiplex->rest(c))
        return SHARED_IS_OVER;
    c->kept_up = clock_now();
    return SHARED_SLEEPS;
}
