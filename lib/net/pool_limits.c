/* SPDX-License-Identifier: MIT */
/* Places and lines. */
#include "base/mem.h"
#include "net/pool_state.h"

#include <string.h>

/* ---- Hosts and destinations ---- */

static struct host *host_take(struct pool *p, struct str key) REQUIRES(p->lock)
{
    struct hash_link *link = hash_find(&p->hosts, key);
    struct host *h = link ? CONTAINER_OF(link, struct host, link) : NULL;

    if (!h) {
        h = mem_calloc(1, sizeof(*h) + key.len + 1);
        if (!h)
            return NULL;
        memcpy(h->key, key.at, key.len);
        list_init(&h->waiters);
        list_init(&h->idle);
        if (!hash_insert(&p->hosts, &h->link, (struct str){h->key, key.len})) {
            mem_free(h);
            return NULL;
        }
    }
    h->references++;
    return h;
}

void host_note_home(struct pool *p, struct host *h, struct worker *w)
{
    int at = 0;

    if (h->homes[0] == w)
        return;
    if (!h->homes[0])
        atomic_fetch_add_explicit(&p->homes, 1, memory_order_relaxed);
    while (at < HOMES_MOST - 1 && h->homes[at] && h->homes[at] != w)
        at++;
    worker_ref(w);
    worker_unref(h->homes[at]); /* itself, or the oldest */
    for (; at > 0; at--)
        h->homes[at] = h->homes[at - 1];
    h->homes[0] = w;
}

static void forget_homes(struct pool *p, struct host *h) REQUIRES(p->lock)
{
    if (h->homes[0])
        atomic_fetch_sub_explicit(&p->homes, 1, memory_order_relaxed);
    for (int i = 0; i < HOMES_MOST; i++)
        worker_unref(h->homes[i]);
}

static void host_drop(struct pool *p, struct host *h) REQUIRES(p->lock)
{
    if (--h->references)
        return;
    hash_remove(&p->hosts, &h->link);
    forget_homes(p, h);
    mem_free(h);
}

static struct destination *destination_new(struct pool *p, const struct pool_wish *wish)
    REQUIRES(p->lock)
{
    struct destination *d = mem_calloc(1, sizeof(*d) + wish->key.len + 1);

    if (!d)
        return NULL;
    memcpy(d->key, wish->key.at, wish->key.len);
    list_init(&d->idle);
    list_init(&d->shared);
    list_init(&d->pipe);
    d->host = host_take(p, wish->host);
    if (d->host && hash_insert(&p->destinations, &d->link, (struct str){d->key, wish->key.len}))
        return d;
    if (d->host)
        host_drop(p, d->host);
    mem_free(d);
    return NULL;
}

struct destination *destination_take(struct pool *p, const struct pool_wish *wish)
{
    struct hash_link *link = hash_find(&p->destinations, wish->key);
    struct destination *d =
        link ? CONTAINER_OF(link, struct destination, link) : destination_new(p, wish);

    if (d)
        d->references++;
    return d;
}

void destination_drop(struct pool *p, struct destination *d)
{
    if (--d->references)
        return;
    hash_remove(&p->destinations, &d->link);
    host_drop(p, d->host);
    mem_free(d);
}

void places_forget(struct pool *p)
{
    struct hash_link *link;

    while ((link = hash_any(&p->destinations)) != NULL) {
        hash_remove(&p->destinations, link);
        mem_free(CONTAINER_OF(link, struct destination, link));
    }
    atomic_store_explicit(&p->homes, 0, memory_order_relaxed);
    while ((link = hash_any(&p->hosts)) != NULL) {
        hash_remove(&p->hosts, link);
        mem_free(CONTAINER_OF(link, struct host, link));
    }
}

/* ---- Room ---- */

static bool host_has_room(const struct pool *p, const struct host *h)
{
    return p->max_per_host <= 0 || h->open < (size_t)p->max_per_host;
}

static bool pool_has_room(const struct pool *p)
{
    return p->max_total <= 0 || p->open < (size_t)p->max_total;
}

bool place_take(struct pool *p, struct destination *d)
{
    struct host *h = d->host;

    if (!host_has_room(p, h) || !list_empty(&h->waiters) || !pool_has_room(p) ||
        !list_empty(&p->waiters))
        return false;
    h->open++;
    p->open++;
    return true;
}

/* ---- Lines ---- */

static struct pool_waiter *first_of(struct list *line)
{
    struct list_link *link = list_first(line);

    return link ? CONTAINER_OF(link, struct pool_waiter, waiter.link) : NULL;
}

static void evict_oldest(struct pool *p, struct connection *oldest, struct list *closing)
    REQUIRES(p->lock)
{
    if (oldest)
        idle_evict(p, oldest, closing);
}

static struct connection *oldest_in_host(struct host *h)
{
    struct list_link *link = list_first(&h->idle);

    return link ? CONTAINER_OF(link, struct connection, host_link) : NULL;
}

static struct connection *oldest_in_pool(struct pool *p) REQUIRES(p->lock)
{
    struct list_link *link = list_first(&p->idle);

    return link ? CONTAINER_OF(link, struct connection, age_link) : NULL;
}

/* Nothing of it may be touched afterwards: its fiber may go on at once. */
static void grant(struct pool *p, struct pool_waiter *w) REQUIRES(p->lock)
{
    p->counts.waiting--;
    waiter_grant(&w->waiter);
}

/* Gives places to the pool's line while there are any. */
static void serve_pool(struct pool *p) REQUIRES(p->lock)
{
    struct pool_waiter *w;

    while (pool_has_room(p) && (w = first_of(&p->waiters)) != NULL) {
        list_remove(&w->waiter.link);
        p->in_line--;
        p->open++;
        grant(p, w);
    }
}

/* From its host's line, with a place there, to the pool's. */
static void move_up(struct pool *p, struct pool_waiter *w, struct list *closing) REQUIRES(p->lock)
{
    w->destination->host->open++;
    list_append(&p->waiters, &w->waiter.link);
    w->in_pool_line = true;
    p->in_line++;
    if (p->max_total > 0 && p->open + p->in_line > (size_t)p->max_total)
        evict_oldest(p, oldest_in_pool(p), closing);
}

static void serve_host(struct pool *p, struct host *h, struct list *closing) REQUIRES(p->lock)
{
    struct pool_waiter *w;

    while (host_has_room(p, h) && (w = first_of(&h->waiters)) != NULL) {
        list_remove(&w->waiter.link);
        move_up(p, w, closing);
    }
}

void place_drop(struct pool *p, struct destination *d, struct list *closing)
{
    d->host->open--;
    p->open--;
    serve_host(p, d->host, closing);
    serve_pool(p);
    destination_drop(p, d);
}

void waiter_join(struct pool *p, struct pool_waiter *w, struct list *closing)
{
    struct host *h = w->destination->host;

    w->arrival = p->arrivals++;
    p->counts.waiting++;
    if (host_has_room(p, h) && list_empty(&h->waiters)) {
        move_up(p, w, closing);
        return;
    }
    list_append(&h->waiters, &w->waiter.link);
    evict_oldest(p, oldest_in_host(h), closing);
}

bool waiter_leave(struct pool *p, struct pool_waiter *w, struct list *closing)
{
    struct host *h = w->destination->host;

    if (!list_linked(&w->waiter.link))
        return false;
    list_remove(&w->waiter.link);
    if (w->in_pipe) {
        destination_drop(p, w->destination);
        return true;
    }
    p->counts.waiting--;
    if (w->in_pool_line) {
        p->in_line--;
        h->open--;
        serve_host(p, h, closing);
        serve_pool(p);
    }
    destination_drop(p, w->destination);
    return true;
}

struct pool_waiter *waiter_first(struct pool *p, const struct destination *d)
{
    struct pool_waiter *here = first_of(&d->host->waiters), *anywhere = first_of(&p->waiters);

    if (!here || !anywhere)
        return here ? here : anywhere;
    return here->arrival < anywhere->arrival ? here : anywhere;
}

void waiter_give(struct pool *p, struct pool_waiter *w, struct connection *c, struct list *closing)
{
    struct host *h = w->destination->host;

    list_remove(&w->waiter.link);
    w->connection = c;
    w->destination->references--; /* the connection has its own */
    if (w->in_pool_line) {
        p->in_line--;
        h->open--;
    }
    grant(p, w);
    serve_host(p, h, closing);
    serve_pool(p);
}

struct offer {
    struct pool *pool;
    struct list *closing;
};

UNCHECKED static void offer_host(struct hash_link *link, void *argument)
{
    const struct offer *offer = argument;

    serve_host(offer->pool, CONTAINER_OF(link, struct host, link), offer->closing);
}

void places_offer(struct pool *p, struct list *closing)
{
    struct offer offer = {p, closing};

    hash_visit(&p->hosts, offer_host, &offer);
    serve_pool(p);
}
