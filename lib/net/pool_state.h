/* SPDX-License-Identifier: MIT */
/* The insides of a pool, for pool.c (idle connections) and pool_limits.c (places and who waits for
 * them).
 *
 * A place is one connection that counts: being dialed, in use, idle, or about to be closed. It is
 * counted in the pool and in its host, and keeps its destination in memory. Whoever closes a
 * connection closes it first and gives its place back then, so the limits hold for what is really
 * open.
 *
 * Who finds a limit reached waits: first in the line of its host, for a place there; whoever has
 * that reserved moves to the line of the pool, for a place in all. Both lines are served in order.
 * An idle connection that stands in the way is closed. So where somebody waits in a host's line
 * nothing is idle in that host, and where somebody waits in the pool's line nothing is idle at all,
 * but for what is about to be closed. */
#ifndef NET_POOL_STATE_H
#define NET_POOL_STATE_H

#include "base/hash.h"
#include "base/list.h"
#include "base/lock.h"
#include "net/pool.h"
#include "runtime/fork_guard.h"
#include "runtime/wait.h"

#include <stdatomic.h>

/* Of one host: how many workers are remembered. */
enum { HOMES_MOST = 8 };

/* What shares a limit: scheme, name and port. Under the pool's lock, as all of these. */
struct host {
    struct hash_link link;
    size_t references;   /* destinations */
    size_t open;         /* places, and those reserved by who waits in the pool's line */
    struct list waiters; /* of struct waiter */
    struct list idle;    /* oldest first */
    /* Counted: where connections to it serve several transfers, the latest first; or NULL. */
    struct worker *homes[HOMES_MOST];
    char key[];
};

/* What may share a connection. */
struct destination {
    struct hash_link link;
    size_t references; /* places, and who waits */
    struct host *host;
    struct list idle;   /* newest first */
    struct list shared; /* in use, with room for more */
    struct list
        pipe;        /* of struct pool_waiter: what becomes of a connection that is being opened? */
    size_t settling; /* connections of which that is not known yet */
    struct worker *settling_on; /* where, of the last one; never looked into */
    char key[];
};

/* On the stack of the fiber that waits. */
struct pool_waiter {
    struct waiter waiter; /* its link: in the host's line or in the pool's */
    struct destination *destination;
    struct str owner;  /* of the wish, which outlives the wait */
    bool fresh;        /* no used connection, please */
    bool alone;        /* none that others are on */
    bool in_pool_line; /* has its place in the host */
    bool in_pipe;      /* waits for news of a connection, and then looks again */
    uint64_t arrival;
    struct connection *connection; /* what was granted; NULL: a place */
};

struct pool {
    /* Any thread. */
    atomic_int users;
    atomic_int homes;   /* hosts with one */
    atomic_int holders; /* of the memory: the users together, and each watch that was parked */

    struct lock lock;
    struct fork_guard guard;

    /* Under lock. */
    unsigned generation;
    bool closed; /* the last user has gone */
    struct hash destinations, hosts;
    struct list idle;        /* oldest first */
    struct list connections; /* all that were adopted */
    struct list waiters;     /* of struct waiter: the pool's line */
    size_t open;             /* places */
    size_t in_line;          /* in `waiters` */
    struct pool_counts counts;
    long max_idle, max_per_host, max_total;
    size_t easy_handles;
    uint64_t arrivals;
    curl_off_t next_id;
};

/* Gives back what a socket_watch holds; takes NULL. Any thread, without locks. */
void pool_release_memory(struct pool *);

/* ---- pool_limits.c: all of it under the pool's lock. `closing` collects idle connections that
 * have to go; the caller closes them after the lock (pool_close_all). ---- */

/* The destination of a wish, made if it is new, with a reference; NULL when memory is short. */
struct destination *destination_take(struct pool *p, const struct pool_wish *) REQUIRES(p->lock);
void destination_drop(struct pool *p, struct destination *) REQUIRES(p->lock);

/* Gets a place, which takes over the caller's reference; false when a limit is reached. */
bool place_take(struct pool *p, struct destination *) REQUIRES(p->lock);

/* A place is free: hands it to who waits. Drops the place's reference. */
void place_drop(struct pool *p, struct destination *, struct list *closing) REQUIRES(p->lock);

/* A connection to the host serves several transfers on this worker. */
void host_note_home(struct pool *p, struct host *, struct worker *) REQUIRES(p->lock);

/* The waiter joins a line, with the caller's reference to its destination. */
void waiter_join(struct pool *p, struct pool_waiter *, struct list *closing) REQUIRES(p->lock);

/* The waiter gives up; false when it is in no line any more: its grant is on the way. */
bool waiter_leave(struct pool *p, struct pool_waiter *, struct list *closing) REQUIRES(p->lock);

/* Whose turn it is when a connection of this destination is free; NULL if nobody waits for it or
 * for its place. */
struct pool_waiter *waiter_first(struct pool *p, const struct destination *) REQUIRES(p->lock);

/* Gives it the connection, whose place it has with it. */
void waiter_give(struct pool *p, struct pool_waiter *, struct connection *, struct list *closing)
    REQUIRES(p->lock);

/* The limits have changed. */
void places_offer(struct pool *p, struct list *closing) REQUIRES(p->lock);

/* Forgets all hosts and destinations (nothing is linked in them). */
void places_forget(struct pool *p) REQUIRES(p->lock);

/* ---- pool.c ---- */

/* The lock; in a child of fork the first one to take it forgets what is the parent's. */
void pool_lock(struct pool *p) ACQUIRES(p->lock);
void pool_unlock(struct pool *p) RELEASES(p->lock);

/* ---- pool_idle.c ---- */

/* Takes an idle connection out of all lists but the one of all. */
void idle_unlink(struct pool *p, struct connection *) REQUIRES(p->lock);

/* Has an idle connection closed. */
void idle_evict(struct pool *p, struct connection *, struct list *closing) REQUIRES(p->lock);

/* Takes an idle connection that this owner may have: rather its own, rather one that is on this
 * worker, the newest one; NULL for none. */
struct connection *idle_take(struct pool *p, struct destination *, struct str owner)
    REQUIRES(p->lock);

/* Whether the connection is nobody's, or this owner's. */
bool owner_may_have(const struct connection *, struct str owner);

/* Whether a connection that was taken is alive and young, and now on the current worker. */
bool connection_make_usable(struct connection *, const struct pool_wish *);

/* Returns a connection that was granted and is not wanted any more. */
void pool_put_back_unused(struct pool *, struct connection *);

/* Puts it among the idle ones; too many are closed. */
void idle_insert(struct pool *p, struct connection *, struct list *closing) REQUIRES(p->lock);

/* ---- pool_shared.c: connections with several transfers ---- */

/* One of this worker with room, counted for the caller; NULL for none. */
struct connection *shared_take(struct pool *p, struct destination *) REQUIRES(p->lock);

/* Gives one that sleeps to a transfer on this worker, which has it alone until it is awake. Nothing
 * for others. */
void shared_begin(struct pool *p, struct connection *, struct worker *) REQUIRES(p->lock);

/* And back, if it still sleeps: true. False when others are on it. */
bool shared_give_up(struct pool *p, struct connection *);

/* Wakes one up that came so, on its new worker, which has its watch; false if it is no good. */
bool shared_wake(struct pool *p, struct connection *);

/* Whether to wait what becomes of a connection that this worker is opening (CURLOPT_PIPEWAIT). */
bool pipe_is_worth_waiting(const struct destination *, const struct pool_wish *);
void pipe_join(struct pool *p, struct pool_waiter *) REQUIRES(p->lock);

/* A connection is being opened; what becomes of it is known. */
void settling_begin(struct destination *);
void settling_end(struct pool *p, struct destination *) REQUIRES(p->lock);

/* A transfer is over. What is to become of the connection: others are on it, nobody is, and then it
 * sleeps or is of no use. */
enum shared_fate {
    SHARED_IN_USE,
    SHARED_SLEEPS,
    SHARED_IS_OVER,
};
enum shared_fate shared_leave(struct connection *, bool reusable);

/* Whether its session rests, and the caller has it alone. */
bool shared_sleeps(const struct connection *);

/* Without the lock: close connections that are in no list, and give their places back. */
void pool_close_all(struct pool *, struct list *closing);
void pool_close_one(struct pool *, struct connection *);

/* The same, and its place is the caller's. */
void pool_close_keep_place(struct pool *, struct connection *);

#endif
