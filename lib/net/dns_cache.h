/* SPDX-License-Identifier: MIT */
/* The inside of the store of names, for the files that resolve. An entry is an answer, or a
 * question on its way: then those who want the same wait at it. Everything is under the store's
 * lock. */
#ifndef NET_DNS_CACHE_H
#define NET_DNS_CACHE_H

#include "base/hash.h"
#include "base/list.h"
#include "base/lock.h"
#include "net/resolve.h"
#include "runtime/fork_guard.h"
#include "runtime/wait.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { DNS_CACHE_MOST = 30000 }; /* entries; the oldest go */

struct dns_entry {
    struct hash_link link;
    struct list_link age_link;   /* oldest first */
    struct addresses *addresses; /* counted; NULL: there is no such name, or not known yet */
    const char *reason;          /* static: why there are none */
    int64_t created;             /* us */
    bool pinned;                 /* from CURLOPT_RESOLVE: never expires */
    bool pending;                /* a query runs */
    struct list waiters;         /* of struct dns_waiter */
    char key[];
};

/* On the stack of the fiber that waits for an answer. */
struct dns_waiter {
    struct waiter waiter;
    struct addresses *addresses; /* counted */
    const char *reason;
    bool retry; /* the one who asked is gone: ask again */
};

struct dns_cache {
    atomic_int references;
    struct lock lock;
    struct fork_guard guard;

    /* Any thread, under lock. */
    struct hash entries;
    struct list ages;
};

/* The entry with this key, or NULL. */
struct dns_entry *dns_entry_find(struct dns_cache *c, struct str key) REQUIRES(c->lock);

/* A new, empty entry in the store, others going where it is full; NULL when memory is short. */
struct dns_entry *dns_entry_add(struct dns_cache *c, struct str key) REQUIRES(c->lock);

void dns_entry_remove(struct dns_cache *c, struct dns_entry *e) REQUIRES(c->lock);

/* How the answer of a query is told: to the entry with this key and to all that wait there. `keep`:
 * worth keeping. `retry`: there was no answer, whoever wants one asks again. */
void dns_cache_answer(struct dns_cache *, struct str key, struct addresses *, const char *reason,
                      bool keep, bool retry);

/* Appends "host:port" in lower case: the key of CURLOPT_RESOLVE's entries. */
bool dns_preset_key(struct buf *key, struct str host, int64_t port);

#endif
