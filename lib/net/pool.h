/* SPDX-License-Identifier: MIT */
/* The connections of a multi handle (or of a share object): counts all, keeps the idle ones, holds
 * the limits, and queues who waits for a place. Any worker may call; it is thread-safe. An idle
 * connection that the peer closes is closed at once by the worker that last used it.
 *
 * A connection that serves several transfers at once (HTTP/2) stays on one worker while it does,
 * and only transfers there share it; it has one place in the limits, however many it serves. */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "base/str.h"
#include "net/connection.h"

#include <stdbool.h>
#include <stdint.h>

struct pool *pool_new(void); /* one reference; NULL when memory is short */
struct pool *pool_ref(struct pool *);
void pool_unref(struct pool *); /* the last one closes what is idle */

/* Limits; 0 means none. `max_idle` 0 or below: the default, 4 times `pool_set_users`' count, at
 * least 4. They count from the next time they are looked at; raised ones at once. Any thread. */
void pool_set_limits(struct pool *, long max_idle, long max_per_host, long max_total);
void pool_set_users(struct pool *, size_t easy_handles);

struct pool_wish {
    struct str key;      /* all that must be equal for reuse */
    struct str owner;    /* whose connections will do besides nobody's (connection->owner) */
    struct str host;     /* "scheme://host:port" for the limit per host */
    bool fresh;          /* CURLOPT_FRESH_CONNECT */
    bool alone;          /* no connection that others are on */
    bool pipewait;       /* rather wait for one that is being opened, if it may take others */
    int64_t max_idle_us; /* CURLOPT_MAXAGE_CONN; 0: no limit */
    int64_t max_life_us; /* CURLOPT_MAXLIFETIME_CONN; 0: no limit */
    const struct net_hooks *hooks; /* for verbose lines about what is closed; NULL: none */
};

/* Gets an idle connection for this key and owner, made usable on the current worker
 * (*ret_connection), or a place for a new one (NULL and CURLE_OK: the caller dials and then calls
 * pool_adopt, or pool_give_up). Waits while the limits are reached, in order of arrival among those
 * that wait for the same limit; idle connections to elsewhere are closed to make room. Too old and
 * dead ones are closed on the way. A fiber. */
WAITS CURLcode pool_take(struct pool *, const struct pool_wish *, int64_t deadline,
                         struct connection **ret_connection);

/* The place is now taken by this new connection; gives it its id. */
void pool_adopt(struct pool *, const struct pool_wish *, struct connection *);

/* The place is not needed after all. */
void pool_give_up(struct pool *, const struct pool_wish *);

/* The transfer is over: keeps the connection for the next one (true), or closes it (`reusable`
 * false, no room, or somebody else's turn). It is not the caller's any more. On its worker. */
bool pool_return(struct connection *, bool reusable);

/* The connection of a CURLOPT_CONNECT_ONLY transfer leaves the pool and its worker for the program,
 * whose thread may then try its streams and ends it with connection_free. It counts for no limit
 * any more. NULL when memory is short: it is closed then. On its worker. */
struct connection *pool_release_to_program(struct connection *);

/* The connection, which the caller uses, serves up to `most` transfers at once from now on, all on
 * the current worker. */
void pool_share(struct connection *, const struct multiplex *, void *session, unsigned most);

/* One more use of such a connection, which is in use on this worker: to be returned as a transfer
 * does. */
void pool_join(struct connection *);

/* The worker on which a connection to this host serves several transfers, with a reference; NULL
 * for none. `host` is as in struct pool_wish. With `most` above 1 connections on so many workers
 * may do: it is the one that has most time, or NULL with *ret_elsewhere true (it is not touched
 * otherwise) when all have little and there are fewer. Any thread. */
struct worker *pool_home(struct pool *, struct str host, int most, bool *ret_elsewhere);

/* False when pool_home would find nothing for any host: costs no lock. Any thread. */
bool pool_has_homes(struct pool *);

/* The peer allows so many now; 0: it takes no new ones and ends with its last transfer. Its worker.
 */
void pool_set_streams(struct connection *, unsigned most);

/* Asks the idle connections for a sign of life that were neither used nor asked for so long, where
 * their protocol knows how (curl_easy_upkeep). Any thread. */
void pool_keep_up(struct pool *, int64_t interval_us);

/* Whether a wish with this key would get a connection that is there: a guess, as others take them.
 * Any thread. */
bool pool_has(struct pool *, struct str key);

/* What waits for a place, is idle, is open. Any thread. */
struct pool_counts {
    size_t open, idle, waiting;
};
struct pool_counts pool_counts(struct pool *);

/* Closes idle connections (CURLMOPT_NETWORK_CHANGED, QUICK_EXIT, clean-up). Any thread. */
void pool_close_idle(struct pool *);

#endif
