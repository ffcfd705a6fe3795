/* SPDX-License-Identifier: MIT */
#include "boundary/hsts_store.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/wall.h"
#include "runtime/fork_guard.h"

#include <stdatomic.h>

struct entry {
    struct hash_link link; /* by the host, in lower case */
    struct list_link age;
    struct hsts_line line; /* the host as it came: `text` */
    char text[];           /* the host, then its key */
};

struct hsts_store {
    atomic_int references;
    struct fork_guard guard;
    struct lock lock;

    /* Under the lock. */
    struct hash hosts;
    struct list ages; /* the first that came first */
};

struct hsts_store *hsts_store_new(void)
{
    struct hsts_store *all = mem_calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->references = 1;
    lock_init(&all->lock, LOCK_HSTS);
    list_init(&all->ages);
    all->guard.lock = &all->lock;
    fork_guard_open(&all->guard);
    return all;
}

struct hsts_store *hsts_store_ref(struct hsts_store *all)
{
    if (all)
        atomic_fetch_add_explicit(&all->references, 1, memory_order_relaxed);
    return all;
}

static struct entry *entry_of(struct list_link *age)
{
    return CONTAINER_OF(age, struct entry, age);
}

static void drop(struct hsts_store *all, struct entry *e) REQUIRES(all->lock)
{
    hash_remove(&all->hosts, &e->link);
    list_remove(&e->age);
    mem_free(e);
}

void hsts_store_unref(struct hsts_store *all)
{
    if (!all || atomic_fetch_sub_explicit(&all->references, 1, memory_order_acq_rel) > 1)
        return;
    fork_guard_close(&all->guard);
    lock_take(&all->lock);
    list_for_each (age, &all->ages)
        drop(all, entry_of(age));
    lock_drop(&all->lock);
    hash_release(&all->hosts);
    lock_release(&all->lock);
    mem_free(all);
}

/* ---- Finding ---- */

static void lower(struct str host, char *key)
{
    for (size_t i = 0; i < host.len; i++)
        key[i] = ascii_lower(host.at[i]);
}

/* The host of exactly this key, unless its time is over. */
static struct entry *find(struct hsts_store *all, struct str key) REQUIRES(all->lock)
{
    struct hash_link *link = hash_find(&all->hosts, key);
    struct entry *e = link ? CONTAINER_OF(link, struct entry, link) : NULL;

    if (e && e->line.expires <= wall_clock()) {
        drop(all, e);
        return NULL;
    }
    return e;
}

bool hsts_store_has(struct hsts_store *all, struct str host)
{
    char text[HSTS_NAME_MAX];
    struct str key;
    bool found = false, parent = false;

    host = hsts_host(host);
    lower(host, text);
    key = (struct str){text, host.len};
    lock_take(&all->lock);
    while (key.len && !found) {
        const struct entry *e = find(all, key);
        const char *dot = memchr(key.at, '.', key.len);

        found = e && (!parent || e->line.subdomains);
        parent = true;
        key.len = dot ? key.len - (size_t)(dot - key.at) - 1 : 0;
        key.at = dot ? dot + 1 : key.at;
    }
    lock_drop(&all->lock);
    return found;
}

/* ---- Changing ---- */

static CURLcode add_new(struct hsts_store *all, const struct hsts_line *line, struct str key)
    REQUIRES(all->lock)
{
    size_t len = line->host.len;
    struct entry *e = mem_calloc(1, sizeof(*e) + 2 * len + 1);

    if (!e)
        return CURLE_OUT_OF_MEMORY;
    e->line = *line;
    memcpy(e->text, line->host.at, len);
    memcpy(e->text + len, key.at, len);
    e->line.host.at = e->text;
    if (!hash_insert(&all->hosts, &e->link, (struct str){e->text + len, len})) {
        mem_free(e);
        return CURLE_OUT_OF_MEMORY;
    }
    list_append(&all->ages, &e->age);
    if (all->hosts.count > HSTS_HOSTS_MAX)
        drop(all, entry_of(list_first(&all->ages)));
    return CURLE_OK;
}

/* `latest`: what was known of the host does not count any more. */
static CURLcode put(struct hsts_store *all, const struct hsts_line *line, bool latest)
{
    char text[HSTS_NAME_MAX];
    struct str key = {text, line->host.len};
    CURLcode result = CURLE_OK;
    struct entry *e;

    lower(line->host, text);
    lock_take(&all->lock);
    e = find(all, key);
    if (!e) {
        result = add_new(all, line, key);
    } else if (latest) {
        e->line.expires = line->expires;
        e->line.subdomains = line->subdomains;
    } else {
        e->line.subdomains = e->line.subdomains || line->subdomains;
        if (line->expires > e->line.expires)
            e->line.expires = line->expires;
    }
    lock_drop(&all->lock);
    return result;
}

static void forget(struct hsts_store *all, struct str host)
{
    char text[HSTS_NAME_MAX];
    struct entry *e;

    lower(host, text);
    lock_take(&all->lock);
    e = find(all, (struct str){text, host.len});
    if (e)
        drop(all, e);
    lock_drop(&all->lock);
}

CURLcode hsts_store_set(struct hsts_store *all, struct str host, struct str value)
{
    int64_t now = wall_clock();
    struct hsts_line line = {.host = hsts_host(host)};
    struct hsts_policy policy;

    if (!line.host.len)
        return CURLE_OK; /* an address (RFC 6797 8.1.1) */
    if (!hsts_parse_field(value, &policy))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!policy.max_age_s) {
        forget(all, line.host);
        return CURLE_OK;
    }
    line.subdomains = policy.subdomains;
    line.expires = policy.max_age_s > HSTS_FOREVER - now ? HSTS_FOREVER : now + policy.max_age_s;
    return put(all, &line, true);
}

CURLcode hsts_store_add(struct hsts_store *all, const struct hsts_line *given)
{
    struct hsts_line line = *given;

    line.host = hsts_host(line.host);
    if (!line.host.len || line.expires <= wall_clock())
        return CURLE_OK;
    return put(all, &line, false);
}

/* ---- All of it ---- */

CURLcode hsts_store_append_lines(struct hsts_store *all, struct buf *ret)
{
    int64_t now = wall_clock();

    lock_take(&all->lock);
    list_for_each (age, &all->ages) {
        struct entry *e = entry_of(age);

        if (e->line.expires > now)
            hsts_append_line(ret, &e->line);
    }
    lock_drop(&all->lock);
    return buf_failed(ret) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* By way of the text, as both have a lock of the same rank. */
CURLcode hsts_store_copy(struct hsts_store *from, struct hsts_store *to)
{
    scoped(buf) text = {0};
    CURLcode result = hsts_store_append_lines(from, &text);
    struct str rest = {buf_text(&text), text.len};

    while (!result && rest.len) {
        size_t len = (size_t)((const char *)memchr(rest.at, '\n', rest.len) - rest.at);
        struct hsts_line line;

        if (hsts_parse_line((struct str){rest.at, len}, &line))
            result = hsts_store_add(to, &line);
        rest.at += len + 1;
        rest.len -= len + 1;
    }
    return result;
}
