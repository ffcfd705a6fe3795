/* SPDX-License-Identifier: MIT */
#include "boundary/altsvc_store.h"

#include "base/list.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/wall.h"
#include "runtime/fork_guard.h"

#include <stdatomic.h>
#include <string.h>

enum { MOST = 5000 }; /* entries; the oldest go */

struct entry {
    struct list_link link;
    struct altsvc_entry what; /* hosts in `text` */
    char text[];
};

struct altsvc_store {
    atomic_int references;
    struct fork_guard guard;
    struct lock lock;

    /* Under lock. */
    struct list entries; /* oldest first */
    size_t count;
};

struct altsvc_store *altsvc_store_new(void)
{
    struct altsvc_store *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->references = 1;
    lock_init(&s->lock, LOCK_ALTSVC);
    list_init(&s->entries);
    s->guard.lock = &s->lock;
    fork_guard_open(&s->guard);
    return s;
}

struct altsvc_store *altsvc_store_ref(struct altsvc_store *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

static struct entry *entry_of(struct list_link *link)
{
    return CONTAINER_OF(link, struct entry, link);
}

static void drop(struct altsvc_store *s, struct entry *e) REQUIRES(s->lock)
{
    list_remove(&e->link);
    s->count--;
    mem_free(e);
}

void altsvc_store_unref(struct altsvc_store *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1)
        return;
    fork_guard_close(&s->guard);
    lock_take(&s->lock);
    while (!list_empty(&s->entries))
        drop(s, entry_of(list_first(&s->entries)));
    lock_drop(&s->lock);
    lock_release(&s->lock);
    mem_free(s);
}

/* ---- Adding ---- */

static struct str without_dot(struct str host)
{
    if (host.len && host.at[host.len - 1] == '.')
        host.len--;
    return host;
}

static CURLcode add(struct altsvc_store *s, const struct altsvc_entry *what) REQUIRES(s->lock)
{
    struct str from = without_dot(what->from_host), to = without_dot(what->host);
    struct entry *e = mem_alloc(sizeof(*e) + from.len + to.len);

    if (!e)
        return CURLE_OUT_OF_MEMORY;
    *e = (struct entry){.what = *what};
    memcpy(e->text, from.at, from.len);
    memcpy(e->text + from.len, to.at, to.len);
    e->what.from_host = (struct str){e->text, from.len};
    e->what.host = (struct str){e->text + from.len, to.len};
    if (s->count >= MOST)
        drop(s, entry_of(list_first(&s->entries)));
    list_append(&s->entries, &e->link);
    s->count++;
    return CURLE_OK;
}

CURLcode altsvc_store_load(struct altsvc_store *s, struct str line)
{
    struct altsvc_entry what;
    CURLcode result;

    if (!altsvc_parse_line(line, &what) || what.expires <= wall_clock())
        return CURLE_OK;
    lock_take(&s->lock);
    result = add(s, &what);
    lock_drop(&s->lock);
    return result;
}

static bool is_from(const struct altsvc_entry *what, struct str host, int port)
{
    return what->from_port == port && altsvc_same_host(what->from_host, host);
}

/* What the origin said before, over this protocol or any (0). */
static void forget(struct altsvc_store *s, long protocol, struct str host, int port)
    REQUIRES(s->lock)
{
    list_for_each (link, &s->entries) {
        struct entry *e = entry_of(link);
        if ((!protocol || e->what.from_protocol == protocol) && is_from(&e->what, host, port))
            drop(s, e);
    }
}

static CURLcode take_offer(struct altsvc_store *s, const struct altsvc_entry *origin,
                           const struct altsvc_offer *offer, struct buf *log) REQUIRES(s->lock)
{
    struct altsvc_entry what = *origin;

    what.protocol = offer->protocol;
    what.host = offer->host.len ? offer->host : origin->from_host;
    what.port = offer->port;
    what.expires = wall_clock() + offer->age_s;
    what.persist = offer->persist;
    buf_printf(log, "Added alt-svc: %.*s:%d over %s\n", (int)what.host.len, what.host.at, what.port,
               altsvc_protocol_name(what.protocol));
    return add(s, &what);
}

/* The value may be the store's own bytes no more than the origin may. */
static CURLcode note(struct altsvc_store *s, const struct altsvc_entry *origin, struct str value,
                     struct buf *log) REQUIRES(s->lock)
{
    bool is_first = true;
    struct altsvc_offer offer;
    enum altsvc_part part;
    CURLcode result = CURLE_OK;

    while (!result && (part = altsvc_next(&value, &offer)) != ALTSVC_END) {
        if (part == ALTSVC_CLEAR) {
            forget(s, 0, origin->from_host, origin->from_port);
            break;
        }
        if (!offer.protocol)
            continue;
        if (is_first)
            forget(s, origin->from_protocol, origin->from_host, origin->from_port);
        is_first = false;
        result = take_offer(s, origin, &offer, log);
    }
    return result;
}

CURLcode altsvc_store_note(struct altsvc_store *s, long protocol, struct str host, int port,
                           struct str value, struct buf *log)
{
    struct altsvc_entry origin = {.from_protocol = protocol, .from_host = host, .from_port = port};
    CURLcode result;

    lock_take(&s->lock);
    result = note(s, &origin, value, log);
    lock_drop(&s->lock);
    return result;
}

/* ---- Finding ---- */

/* Those that are over go on the way. */
static const struct altsvc_entry *find(struct altsvc_store *s, struct str host, int port,
                                       long wanted) REQUIRES(s->lock)
{
    int64_t now = wall_clock();

    list_for_each (link, &s->entries) {
        struct entry *e = entry_of(link);
        if (e->what.expires <= now)
            drop(s, e);
        else if ((e->what.protocol & wanted) && is_from(&e->what, host, port))
            return &e->what;
    }
    return NULL;
}

CURLcode altsvc_store_find(struct altsvc_store *s, struct str host, int port, long wanted,
                           struct buf *ret_host, int *ret_port, long *ret_protocol)
{
    const struct altsvc_entry *found;

    lock_take(&s->lock);
    found = find(s, host, port, wanted);
    if (found) {
        buf_append(ret_host, found->host.at, found->host.len);
        *ret_port = found->port;
        *ret_protocol = found->protocol;
    }
    lock_drop(&s->lock);
    return buf_failed(ret_host) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

CURLcode altsvc_store_append_lines(struct altsvc_store *s, struct buf *ret)
{
    lock_take(&s->lock);
    list_for_each (link, &s->entries)
        altsvc_append_line(ret, &entry_of(link)->what);
    lock_drop(&s->lock);
    return buf_failed(ret) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}
