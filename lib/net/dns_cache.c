/* SPDX-License-Identifier: MIT */
#include "net/dns_cache.h"

#include "base/clock.h"
#include "base/mem.h"

static void entry_free(struct dns_entry *e)
{
    addresses_unref(e->addresses);
    mem_free(e);
}

/* In the child of a fork nobody answers what the parent asked. */
UNCHECKED static void forget_questions(struct fork_guard *guard)
{
    struct dns_cache *c = CONTAINER_OF(guard, struct dns_cache, guard);

    list_for_each (link, &c->ages) {
        struct dns_entry *e = CONTAINER_OF(link, struct dns_entry, age_link);
        if (e->pending)
            dns_entry_remove(c, e);
    }
}

struct dns_cache *dns_cache_new(void)
{
    struct dns_cache *c = mem_calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->references = 1;
    lock_init(&c->lock, LOCK_DNS);
    list_init(&c->ages);
    c->guard.lock = &c->lock;
    c->guard.in_child = forget_questions;
    fork_guard_open(&c->guard);
    return c;
}

struct dns_cache *dns_cache_ref(struct dns_cache *c)
{
    atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    return c;
}

static void remove_all(struct dns_cache *c, bool pinned_too) REQUIRES(c->lock)
{
    list_for_each (link, &c->ages) {
        struct dns_entry *e = CONTAINER_OF(link, struct dns_entry, age_link);
        if (!e->pending && (pinned_too || !e->pinned))
            dns_entry_remove(c, e);
    }
}

void dns_cache_unref(struct dns_cache *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
        return;
    fork_guard_close(&c->guard);
    lock_take(&c->lock);
    remove_all(c, true);
    lock_drop(&c->lock);
    hash_release(&c->entries);
    lock_release(&c->lock);
    mem_free(c);
}

void dns_cache_clear(struct dns_cache *c)
{
    lock_take(&c->lock);
    remove_all(c, false);
    lock_drop(&c->lock);
}

/* ---- Entries ---- */

struct dns_entry *dns_entry_find(struct dns_cache *c, struct str key)
{
    struct hash_link *link = hash_find(&c->entries, key);

    return link ? CONTAINER_OF(link, struct dns_entry, link) : NULL;
}

void dns_entry_remove(struct dns_cache *c, struct dns_entry *e)
{
    hash_remove(&c->entries, &e->link);
    list_remove(&e->age_link);
    entry_free(e);
}

static void make_room(struct dns_cache *c) REQUIRES(c->lock)
{
    list_for_each (link, &c->ages) {
        struct dns_entry *e = CONTAINER_OF(link, struct dns_entry, age_link);
        if (c->entries.count < DNS_CACHE_MOST)
            return;
        if (!e->pending && !e->pinned)
            dns_entry_remove(c, e);
    }
}

struct dns_entry *dns_entry_add(struct dns_cache *c, struct str key)
{
    struct dns_entry *e = mem_calloc(1, sizeof(*e) + key.len + 1);

    if (!e)
        return NULL;
    make_room(c);
    memcpy(e->key, key.at, key.len);
    e->created = clock_now();
    list_init(&e->waiters);
    if (!hash_insert(&c->entries, &e->link, (struct str){e->key, key.len})) {
        mem_free(e);
        return NULL;
    }
    list_append(&c->ages, &e->age_link);
    return e;
}

static void tell_waiters(struct dns_entry *e, struct addresses *addresses, const char *reason,
                         bool retry)
{
    struct list_link *link;

    while ((link = list_take_first(&e->waiters)) != NULL) {
        struct dns_waiter *w = CONTAINER_OF(link, struct dns_waiter, waiter.link);
        w->addresses = addresses ? addresses_ref(addresses) : NULL;
        w->reason = reason;
        w->retry = retry;
        waiter_grant(&w->waiter);
    }
}

void dns_cache_answer(struct dns_cache *c, struct str key, struct addresses *addresses,
                      const char *reason, bool keep, bool retry)
{
    struct dns_entry *e;

    lock_take(&c->lock);
    e = dns_entry_find(c, key);
    if (e && e->pending) {
        e->pending = false;
        tell_waiters(e, addresses, reason, retry);
        if (keep) {
            e->addresses = addresses ? addresses_ref(addresses) : NULL;
            e->reason = reason;
            e->created = clock_now();
            list_remove(&e->age_link);
            list_append(&c->ages, &e->age_link);
        } else {
            dns_entry_remove(c, e);
        }
    }
    lock_drop(&c->lock);
}
