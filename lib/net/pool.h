/* SPDX-License-Identifier: MIT */
/* The connections of a multi handle (or of a share object): counts all, keeps the idle ones, holds
 * the limits, and queues who waits for a place. Any worker may call; it is thread-safe. An idle
 * connection that the peer closes is closed at once by the worker that last used it. */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "base/str.h"
#include "net/connection.h"

#include <stdint.h>

struct pool *pool_new(void); /* one reference; NULL when memory is short */
struct pool *pool_ref(struct pool *);
void pool_unref(struct pool *); /* the last one closes what is idle */

/* Limits; 0 means none. `max_idle` 0 or below: the default, 4 times `pool_set_users`' count (at
 * least 4... see pool.c). Any thread. */
void pool_set_limits(struct pool *, long max_idle, long max_per_host, long max_total);
void pool_set_users(struct pool *, size_t easy_handles);

struct pool_wish {
    struct str key;      /* all that must be equal for reuse */
    struct str host;     /* "scheme://host:port" for the limit per host */
    bool fresh;          /* CURLOPT_FRESH_CONNECT */
    int64_t max_idle_us; /* CURLOPT_MAXAGE_CONN; 0: no limit */
    int64_t max_life_us; /* CURLOPT_MAXLIFETIME_CONN; 0: no limit */
};

/* Gets an idle connection for this key, made usable on the current worker (*ret_connection), or a
 * place for a new one (NULL and CURLE_OK: the caller dials and then calls pool_adopt, or
 * pool_give_up). Waits in order of arrival while the limits are reached; idle connections to
 * elsewhere are closed to make room. Too old and dead ones are closed on the way. A fiber. */
WAITS CURLcode pool_take(struct pool *, const struct pool_wish *, int64_t deadline,
                         struct connection **ret_connection);

/* The place is now taken by this new connection; gives it its id. */
void pool_adopt(struct pool *, const struct pool_wish *, struct connection *);

/* The place is not needed after all. */
void pool_give_up(struct pool *, const struct pool_wish *);

/* The transfer is over: keeps the connection for the next one, or closes it (`reusable` false, or
 * no room). It is not the caller's any more. */
void pool_return(struct connection *, bool reusable);

/* The connection leaves for good, to the program (CURLOPT_CONNECT_ONLY): it counts no more and its watch is unregistered, so that any
 * thread may use its stream without waiting. The worker's thread that uses it. */
struct connection *pool_let_go(struct connection *);

/* What waits for a place, is idle, is open. Any thread. */
struct pool_counts {
    size_t open, idle, waiting;
};
struct pool_counts pool_counts(struct pool *);

/* Closes idle connections (CURLMOPT_NETWORK_CHANGED, QUICK_EXIT, clean-up). Any thread. */
void pool_close_idle(struct pool *);

/* For an inline worker that goes away: none of its watches stays behind in the pool. */
void pool_leave_worker(struct pool *, struct worker *);

#endif
