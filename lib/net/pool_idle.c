/* SPDX-License-Identifier: MIT */
/* Idle connections: who takes, returns, notices and closes them.
 *
 * A connection is in use (its user's alone), idle (in three lists, and its watch points back at
 * it), or was taken out of the lists by whoever is about to close it. All three changes happen
 * under the lock; what is closed is closed after it. An event of an idle connection comes to the
 * worker that used it last; by the time that has the lock somebody else may have taken the
 * connection, so it looks whether its watch still points at one. */
#include "base/chunk.h"
#include "base/clock.h"
#include "net/pool_state.h"
#include "net/socket.h"
#include "runtime/worker.h"
#include "runtime/workers.h"

enum {
    LEAST_IDLE = 4,      /* what is kept where nobody says how many */
    IDLE_PER_HANDLE = 4, /* CURLMOPT_MAXCONNECTS' default */
    LOOKS_FOR_OWN = 4,   /* idle connections that would do, looked at for a better one */
};

static long most_idle(const struct pool *p)
{
    size_t by_handles = p->easy_handles * IDLE_PER_HANDLE;

    if (p->max_idle > 0)
        return p->max_idle;
    return by_handles > LEAST_IDLE ? (long)by_handles : LEAST_IDLE;
}

void idle_unlink(struct pool *p, struct connection *c)
{
    list_remove(&c->idle_link);
    list_remove(&c->host_link);
    list_remove(&c->age_link);
    p->counts.idle--;
    c->watch->connection = NULL;
}

void idle_evict(struct pool *p, struct connection *c, struct list *closing)
{
    idle_unlink(p, c);
    list_remove(&c->open_link);
    list_append(closing, &c->idle_link);
}

void idle_insert(struct pool *p, struct connection *c, struct list *closing)
{
    struct destination *d = c->destination;

    list_prepend(&d->idle, &c->idle_link);
    list_append(&d->host->idle, &c->host_link);
    list_append(&p->idle, &c->age_link);
    p->counts.idle++;
    c->watch->connection = c;
    while ((long)p->counts.idle > most_idle(p))
        idle_evict(p, CONTAINER_OF(list_first(&p->idle), struct connection, age_link), closing);
}

bool owner_may_have(const struct connection *c, struct str owner)
{
    return !c->owner.len || str_equal((struct str){c->owner.bytes, c->owner.len}, owner);
}

/* How good a find it is: the newest of the best ones is taken. */
static int goodness(const struct connection *c, struct str owner)
{
    if (!owner_may_have(c, owner))
        return 0;
    return 1 + socket_watch_is_here(c->watch) + 2 * (c->owner.len == owner.len);
}

struct connection *idle_take(struct pool *p, struct destination *d, struct str owner)
{
    enum { BEST = 4 };
    struct connection *chosen = NULL;
    int looks = LOOKS_FOR_OWN, best = 0;

    list_for_each (link, &d->idle) {
        struct connection *c = CONTAINER_OF(link, struct connection, idle_link);
        int good = goodness(c, owner);

        if (good > best) {
            chosen = c;
            best = good;
        }
        if (best == BEST || (good && --looks == 0))
            break;
    }
    if (chosen)
        idle_unlink(p, chosen);
    if (chosen && chosen->multiplex)
        shared_begin(p, chosen, worker_current());
    return chosen;
}

/* Closes, then gives the place back; who gets it may have others closed. */
static void close_and_drop(struct pool *p, struct connection *c, struct list *closing)
{
    struct destination *d = c->destination;

    connection_free(c);
    pool_lock(p);
    place_drop(p, d, closing);
    pool_unlock(p);
}

void pool_close_all(struct pool *p, struct list *closing)
{
    struct list_link *link;

    while ((link = list_take_first(closing)) != NULL)
        close_and_drop(p, CONTAINER_OF(link, struct connection, idle_link), closing);
}

void pool_close_one(struct pool *p, struct connection *c)
{
    struct list closing;

    list_init(&closing);
    pool_lock(p);
    list_remove(&c->open_link);
    pool_unlock(p);
    close_and_drop(p, c, &closing);
    pool_close_all(p, &closing);
}

void pool_close_keep_place(struct pool *p, struct connection *c)
{
    pool_lock(p);
    list_remove(&c->open_link);
    pool_unlock(p);
    connection_free(c);
}

/* ---- Into use ---- */

/* Moves it to the current worker, where an event tells if something has happened to it. */
static bool bring_here(struct connection *c)
{
    struct socket_watch *w;

    if (socket_watch_is_here(c->watch)) {
        c->watch->watch.on_event = NULL;
        return true;
    }
    socket_watch_drop(c->watch);
    c->watch = NULL;
    if (socket_watch_open(c->fd, &w))
        return false;
    c->watch = w;
    stream_use_watch(c->stream, &w->watch);
    return true;
}

static bool is_young(const struct connection *c, const struct pool_wish *wish)
{
    int64_t now = clock_now();

    return (wish->max_idle_us <= 0 || now - c->idle_since <= wish->max_idle_us) &&
           (wish->max_life_us <= 0 || now - c->opened <= wish->max_life_us);
}

/* A watch that was here all the time has told of everything that came; only one that saw something,
 * or is new here, needs a look. An inline worker may not have turned for long, and has seen nothing
 * then. */
static bool saw_nothing(const struct connection *c)
{
    return socket_watch_is_here(c->watch) && !worker_is_inline(worker_current()) &&
           !(c->watch->watch.ready & WAIT_READ) && !c->watch->watch.hangup;
}

bool connection_make_usable(struct connection *c, const struct pool_wish *wish)
{
    bool quiet;

    if (c->multiplex && !c->asleep)
        return true;
    quiet = saw_nothing(c);
    if (!is_young(c, wish) || !bring_here(c))
        return false;
    if (c->multiplex)
        return shared_wake(c->pool, c);
    return quiet || (!c->watch->watch.hangup && c->stream->kind->seems_alive(c->stream));
}

/* ---- Back from use ---- */

/* Keeps it for whoever's turn it is, or for later; false when it has to go: the turn is of somebody
 * who needs its place. */
static bool keep(struct pool *p, struct connection *c, struct list *closing) REQUIRES(p->lock)
{
    struct pool_waiter *next = p->closed ? NULL : waiter_first(p, c->destination);

    if (p->closed || (next && (next->destination != c->destination || next->fresh ||
                               !owner_may_have(c, next->owner)))) {
        list_remove(&c->open_link);
        list_append(closing, &c->idle_link);
        return false;
    }
    if (next && c->multiplex)
        shared_begin(p, c, next->waiter.worker);
    if (next)
        waiter_give(p, next, c, closing);
    else
        idle_insert(p, c, closing);
    return true;
}

/* True if it was kept; the caller has not got it any more. */
static bool put_back(struct pool *p, struct connection *c)
{
    struct list closing;
    bool kept;

    list_init(&closing);
    pool_lock(p);
    kept = keep(p, c, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
    return kept;
}

/* ---- Signs of life (curl_easy_upkeep) ---- */

/* Puts it back unless something has come that its worker was told of while it was away: true then,
 * and the caller has it still. */
static bool put_back_unless_news(struct pool *p, struct connection *c)
{
    struct list closing;
    bool news;

    list_init(&closing);
    pool_lock(p);
    news = keep(p, c, &closing) && list_linked(&c->age_link) && !socket_is_quiet(c->fd);
    if (news)
        idle_unlink(p, c);
    pool_unlock(p);
    pool_close_all(p, &closing);
    return news;
}

/* The worker that has its watch may be told of events meanwhile, so the session goes past that. */
static void ask_for_life(struct pool *p, struct connection *c)
{
    struct watch nobodys = {.fd = c->fd};
    bool alive, ping = true;

    do {
        stream_use_watch(c->stream, &nobodys);
        alive = c->multiplex->tend(c, ping);
        stream_use_watch(c->stream, &c->watch->watch);
        ping = false;
    } while (alive && put_back_unless_news(p, c));
    if (!alive)
        pool_close_one(p, c);
}

/* Takes those that are due into a list of the caller's. */
static void take_due(struct pool *p, int64_t until, int64_t now, struct list *ret) REQUIRES(p->lock)
{
    struct list_link *link = list_first(&p->idle), *next;

    for (; link && link != &p->idle.head; link = next) {
        struct connection *c = CONTAINER_OF(link, struct connection, age_link);

        next = link->next;
        if (!c->multiplex || c->kept_up > until)
            continue;
        idle_unlink(p, c);
        c->kept_up = now;
        list_append(ret, &c->idle_link);
    }
}

void pool_keep_up(struct pool *p, int64_t interval_us)
{
    int64_t now = clock_now();
    struct list_link *link;
    struct list due;

    list_init(&due);
    pool_lock(p);
    take_due(p, now - interval_us, now, &due);
    pool_unlock(p);
    while ((link = list_take_first(&due)) != NULL)
        ask_for_life(p, CONTAINER_OF(link, struct connection, idle_link));
}

/* ---- Events and returns ---- */

/* Looks at an idle connection that the caller has taken. */
static bool is_alive(struct connection *c)
{
    if (c->multiplex)
        return c->multiplex->tend(c, false);
    return !c->watch->watch.hangup && c->stream->kind->seems_alive(c->stream);
}

/* Something happened on a socket; on the stack of the worker that has its watch. */
static void idle_event(struct watch *watch, void *argument)
{
    struct socket_watch *w = argument;
    struct pool *p = w->pool;
    struct connection *c;

    (void)watch;
    pool_lock(p);
    c = w->connection;
    if (c)
        idle_unlink(p, c);
    pool_unlock(p);
    if (!c)
        return;
    /* The watch goes with the connection, and may have been the last that held the pool's memory.
     */
    atomic_fetch_add_explicit(&p->holders, 1, memory_order_relaxed);
    if (is_alive(c))
        (void)put_back(p, c);
    else
        pool_close_one(p, c);
    pool_release_memory(p);
}

static void watch_park(struct pool *p, struct socket_watch *w)
{
    if (!w->pool) {
        atomic_fetch_add_explicit(&p->holders, 1, memory_order_relaxed);
        w->pool = p;
    }
    w->watch.argument = w;
    w->watch.on_event = idle_event;
}

/* It will not take several after all, or not now. */
static void settle(struct pool *p, struct connection *c)
{
    if (!c->settling)
        return;
    c->settling = false;
    pool_lock(p);
    settling_end(p, c->destination);
    pool_unlock(p);
}

bool pool_return(struct connection *c, bool reusable)
{
    struct pool *p = c->pool;

    if (c->generation != workers_generation()) {
        connection_free(c);
        return false;
    }
    settle(p, c);
    if (c->multiplex) {
        enum shared_fate fate = shared_leave(c, reusable);

        if (fate == SHARED_IN_USE)
            return reusable;
        reusable = fate == SHARED_SLEEPS;
    }
    if (!reusable || c->unread || c->watch->watch.hangup) {
        pool_close_one(p, c);
        return false;
    }
    c->stream->kind->quiet(c->stream);
    c->idle_since = clock_now();
    watch_park(p, c->watch);
    return put_back(p, c);
}

void pool_put_back_unused(struct pool *p, struct connection *c)
{
    if (c->multiplex && !shared_give_up(p, c)) {
        (void)pool_return(c, true);
        return;
    }
    if (!bring_here(c)) {
        pool_close_one(p, c);
        return;
    }
    watch_park(p, c->watch);
    (void)put_back(p, c);
}

struct connection *pool_release_to_program(struct connection *c)
{
    struct socket_watch *w = socket_watch_unregistered(c->fd);
    struct destination *d = c->destination;
    struct pool *p = c->pool;
    struct list closing;

    list_init(&closing);
    settle(p, c);
    if (!w) {
        pool_close_one(p, c);
        return NULL;
    }
    socket_watch_drop(c->watch);
    c->watch = w;
    stream_use_watch(c->stream, &w->watch);
    c->pool = NULL;
    c->destination = NULL;
    pool_lock(p);
    list_remove(&c->open_link);
    place_drop(p, d, &closing);
    pool_unlock(p);
    pool_close_all(p, &closing);
    return c;
}
