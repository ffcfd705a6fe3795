/* SPDX-License-Identifier: MIT */
/* The inside of the store of names, for the files that resolve. An entry is an answer, or a
 * question on its way: then those who want the same wait at it. Everything is under the store's
 * lock, and finding, adding and forgetting are O(1): answers stand in a queue by age, of which the
 * oldest go when the store is full; what does not age (pinned answers, open questions) stands in
 * lists of its own. */
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
    struct list_link place; /* in one of the store's lists */
    struct dns_answer answer;
    int64_t created;     /* us: when the answer came */
    bool preset;         /* from CURLOPT_RESOLVE */
    bool pinned;         /* never expires */
    bool pending;        /* a query runs, there is no answer yet */
    struct list waiters; /* of struct dns_waiter */
    char key[];
};

/* On the stack of the fiber that waits for an answer. */
struct dns_waiter {
    struct waiter waiter;
    struct dns_answer answer; /* set before the grant */
};

struct dns_cache {
    /* Any thread. */
    atomic_int references;
    atomic_size_t preset_count; /* written under lock; 0 saves looking for them */

    struct lock lock;
    struct fork_guard guard;

    /* Any thread, under lock. */
    struct hash entries;
    struct list answers;   /* oldest first */
    struct list pinned;    /* answers that stay */
    struct list questions; /* entries that are pending */
};

/* The entry with this key, or NULL. */
struct dns_entry *dns_entry_find(struct dns_cache *c, struct str key) REQUIRES(c->lock);

/* A new question in the store, the oldest answer going where it is full; NULL when memory is short.
 */
struct dns_entry *dns_entry_add(struct dns_cache *c, struct str key) REQUIRES(c->lock);

/* Takes the entry out and frees it. Nobody may be waiting at it. */
void dns_entry_remove(struct dns_cache *c, struct dns_entry *e) REQUIRES(c->lock);

/* Makes the question an answer (and takes a reference to the addresses); it is the youngest. */
void dns_entry_settle(struct dns_cache *c, struct dns_entry *e, const struct dns_answer *answer)
    REQUIRES(c->lock);

/* Whether the answer may be used by a transfer with this CURLOPT_DNS_CACHE_TIMEOUT. */
bool dns_entry_is_fresh(const struct dns_entry *e, long timeout_s);

/* Tells the answer of a query to the entry with this key and to all that wait there. With `keep`
 * it stays for later look-ups. Any thread. */
void dns_cache_answer(struct dns_cache *, struct str key, const struct dns_answer *, bool keep);

/* An answer with a reference of its own. */
struct dns_answer dns_answer_copy(const struct dns_answer *);

/* The key of CURLOPT_RESOLVE's entries, "host:port" in lower case. False when memory is short. */
bool dns_preset_key(struct buf *key, struct str host, int64_t port);

#endif
