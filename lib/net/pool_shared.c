/* SPDX-License-Identifier: MIT */
/* Connections that serve several transfers at once. Such a one belongs to the worker that opened
 * it: its session runs fibers there. In use it is among its destination's shared ones while it has
 * room, without a transfer it is idle like any other, but only its worker takes it. Whoever wants
 * it closed from elsewhere sends its worker a message; it is freed when its fibers are gone, no
 * transfer is on it and no such message is on its way. */
#include "base/clock.h"
#include "net/pool_state.h"
#include "runtime/worker.h"

static bool has_room(const struct connection *c)
{
    return !c->retired && !c->ended && c->streams < c->most_streams;
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

void shared_begin(struct pool *p, struct connection *c)
{
    (void)p;
    c->streams = 1;
    note_room(c);
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
    worker_ref(worker_current());
    atomic_fetch_add_explicit(&p->holders, 1, memory_order_relaxed);
    pool_lock(p);
    c->multiplex = multiplex;
    c->session = session;
    c->home = worker_current();
    c->streams = 1;
    c->most_streams = most;
    if (most > 1 && c->home != c->destination->host->home)
        host_set_home(p, c->destination->host, c->home);
    serve_waiters(p, c, &closing);
    if (c->settling)
        settling_end(p, c->destination);
    c->settling = false;
    pool_unlock(p);
    pool_close_all(p, &closing);
}

struct worker *pool_home(struct pool *p, struct str host)
{
    struct worker *home = NULL;
    struct hash_link *link;

    pool_lock(p);
    link = hash_find(&p->hosts, host);
    if (link)
        home = CONTAINER_OF(link, struct host, link)->home;
    if (home)
        worker_ref(home);
    pool_unlock(p);
    return home;
}

bool pool_has_homes(struct pool *p)
{
    return atomic_load_explicit(&p->homes, memory_order_relaxed) > 0;
}

/* ---- The end ---- */

static void close_at_home(struct worker_post *post, struct worker *w);

void shared_retire(struct pool *p, struct connection *c)
{
    (void)p;
    c->retired = true;
    note_room(c);
    if (c->retire_posted || c->ended)
        return;
    c->retire_posted = true;
    c->retire.deliver = close_at_home;
    worker_post(c->home, &c->retire);
}

static bool is_over(const struct connection *c)
{
    return c->ended && !c->streams && !c->retire_posted;
}

/* Frees it if nobody knows it any more; with its reference to the pool. Its worker. */
static void close_if_over(struct pool *p, struct connection *c)
{
    bool over;

    pool_lock(p);
    over = is_over(c);
    pool_unlock(p);
    if (!over)
        return;
    pool_close_one(p, c);
    pool_release_memory(p);
}

static void close_at_home(struct worker_post *post, struct worker *w)
{
    struct connection *c = CONTAINER_OF(post, struct connection, retire);
    struct pool *p = c->pool;
    bool ended;

    (void)w;
    pool_lock(p);
    c->retire_posted = false;
    ended = c->ended;
    pool_unlock(p);
    if (ended)
        close_if_over(p, c);
    else
        c->multiplex->close(c);
}

void pool_shared_ended(struct connection *c)
{
    struct pool *p = c->pool;

    pool_lock(p);
    if (list_linked(&c->age_link))
        idle_unlink(p, c);
    c->ended = c->retired = true;
    note_room(c);
    pool_unlock(p);
    close_if_over(p, c);
}

void pool_set_streams(struct connection *c, unsigned most)
{
    struct pool *p = c->pool;
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    c->most_streams = most;
    c->retired = c->retired || !most;
    if (c->retired && list_linked(&c->age_link))
        idle_evict(p, c, &closing);
    serve_waiters(p, c, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
}

/* ---- Back from a transfer ---- */

/* True when it stays; false: nobody new is to get it, or somebody else needs its place. */
static bool keep(struct pool *p, struct connection *c, struct list *closing) REQUIRES(p->lock)
{
    serve_waiters(p, c, closing);
    if (c->streams)
        return true;
    if (p->closed || waiter_first(p, c->destination))
        return false;
    c->idle_since = clock_now();
    idle_insert(p, c, closing);
    return true;
}

bool shared_return(struct connection *c, bool reusable)
{
    struct pool *p = c->pool;
    struct list closing;
    bool kept, close;

    list_init(&closing);
    pool_lock(p);
    c->streams--;
    c->retired = c->retired || !reusable;
    kept = !c->retired && !c->ended && keep(p, c, &closing);
    if (!kept)
        c->retired = true;
    note_room(c);
    close = !kept && !c->streams && !c->ended;
    pool_unlock(p);
    pool_close_all(p, &closing);
    if (close)
        c->multiplex->close(c);
    else if (!kept)
        close_if_over(p, c);
    return kept;
}
