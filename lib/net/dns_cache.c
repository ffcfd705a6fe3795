/* SPDX-License-Identifier: MIT */
#include "net/dns_cache.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>

enum { NEGATIVE_TIMEOUT_S = 30 }; /* how long "no such name" is kept where answers stay for ever */

static struct dns_entry *entry_at(struct list_link *place)
{
    return CONTAINER_OF(place, struct dns_entry, place);
}

static void remove_list(struct dns_cache *c, struct list *list) REQUIRES(c->lock);

static void remove_list(struct dns_cache *c, struct list *list)
{
    while (!list_empty(list))
        dns_entry_remove(c, entry_at(list_first(list)));
}

/* In the child of a fork nobody answers what the parent asked, and those who wait do not run. */
UNCHECKED static void forget_questions(struct fork_guard *guard)
{
    struct dns_cache *c = CONTAINER_OF(guard, struct dns_cache, guard);

    list_for_each (link, &c->questions)
        list_init(&entry_at(link)->waiters);
    remove_list(c, &c->questions);
}

struct dns_cache *dns_cache_new(void)
{
    struct dns_cache *c = mem_calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->references = 1;
    lock_init(&c->lock, LOCK_DNS);
    list_init(&c->answers);
    list_init(&c->pinned);
    list_init(&c->questions);
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

/* A question holds a reference to the store: there is none any more when the last one goes. */
void dns_cache_unref(struct dns_cache *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
        return;
    fork_guard_close(&c->guard);
    lock_take(&c->lock);
    remove_list(c, &c->answers);
    remove_list(c, &c->pinned);
    remove_list(c, &c->questions);
    lock_drop(&c->lock);
    hash_release(&c->entries);
    lock_release(&c->lock);
    mem_free(c);
}

void dns_cache_clear(struct dns_cache *c)
{
    lock_take(&c->lock);
    remove_list(c, &c->answers);
    lock_drop(&c->lock);
}

/* ---- Entries ---- */

struct dns_entry *dns_entry_find(struct dns_cache *c, struct str key)
{
    struct hash_link *link = hash_find(&c->entries, key);

    return link ? CONTAINER_OF(link, struct dns_entry, link) : NULL;
}

struct dns_entry *dns_entry_add(struct dns_cache *c, struct str key)
{
    struct dns_entry *e = mem_calloc(1, sizeof(*e) + key.len + 1);

    if (!e)
        return NULL;
    while (c->entries.count >= DNS_CACHE_MOST && !list_empty(&c->answers))
        dns_entry_remove(c, entry_at(list_first(&c->answers)));
    memcpy(e->key, key.at, key.len);
    list_init(&e->waiters);
    if (!hash_insert(&c->entries, &e->link, (struct str){e->key, key.len})) {
        mem_free(e);
        return NULL;
    }
    e->pending = true;
    list_append(&c->questions, &e->place);
    return e;
}

void dns_entry_remove(struct dns_cache *c, struct dns_entry *e)
{
    assert(list_empty(&e->waiters));
    if (e->preset)
        atomic_fetch_sub_explicit(&c->preset_count, 1, memory_order_relaxed);
    hash_remove(&c->entries, &e->link);
    list_remove(&e->place);
    addresses_unref(e->answer.addresses);
    mem_free(e);
}

struct dns_answer dns_answer_copy(const struct dns_answer *a)
{
    struct dns_answer copy = *a;

    if (copy.addresses)
        addresses_ref(copy.addresses);
    return copy;
}

void dns_entry_settle(struct dns_cache *c, struct dns_entry *e, const struct dns_answer *answer)
{
    e->pending = false;
    e->answer = dns_answer_copy(answer);
    e->created = clock_now();
    list_remove(&e->place);
    list_append(e->pinned ? &c->pinned : &c->answers, &e->place);
}

bool dns_entry_is_fresh(const struct dns_entry *e, long timeout_s)
{
    bool is_negative = e->answer.result != CURLE_OK;
    int64_t limit;

    if (e->pinned || (timeout_s < 0 && !is_negative))
        return true;
    if (timeout_s < 0)
        limit = NEGATIVE_TIMEOUT_S * CLOCK_SECOND;
    else if (timeout_s > CLOCK_NEVER / CLOCK_SECOND)
        limit = CLOCK_NEVER;
    else
        limit = timeout_s * CLOCK_SECOND / (is_negative ? 2 : 1);
    if (e->answer.lifetime_us)
        limit = clock_earlier(limit, e->answer.lifetime_us);
    return clock_now() - e->created < limit;
}

/* ---- Answers ---- */

void dns_cache_answer(struct dns_cache *c, struct str key, const struct dns_answer *answer,
                      bool keep)
{
    struct list_link *link;
    struct dns_entry *e;

    lock_take(&c->lock);
    e = dns_entry_find(c, key);
    if (e && e->pending) {
        while ((link = list_take_first(&e->waiters)) != NULL) {
            struct dns_waiter *w = CONTAINER_OF(link, struct dns_waiter, waiter.link);
            w->answer = dns_answer_copy(answer);
            waiter_grant(&w->waiter);
        }
        if (keep)
            dns_entry_settle(c, e, answer);
        else
            dns_entry_remove(c, e);
    }
    lock_drop(&c->lock);
}
