/* SPDX-License-Identifier: MIT */
/* Cookies stand in buckets by the last two labels of their domain, so that a request looks at few
 * of them; those without a domain, which are good for any host, in one of their own. */
#include "boundary/cookies.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/mem.h"
#include "boundary/suffixes.h"
#include "runtime/fork_guard.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    BUCKETS = 64,
    ANYWHERE = BUCKETS, /* the bucket of those without a domain */
    BUCKET_COUNT,
};

struct entry {
    struct list_link link;
    struct cookie cookie; /* slices of `text` */
    uint64_t creation;    /* in the order they came; one that replaces another takes its place */
    bool live;            /* not from a file */
    char text[];
};

struct cookies {
    atomic_int references;
    struct suffixes *suffixes; /* counted */
    struct fork_guard guard;
    struct lock lock;

    /* Under the lock. */
    struct list buckets[BUCKET_COUNT];
    size_t count;
    uint64_t creations;
    int64_t first_end; /* s since 1970: no cookie ends before */
};

/* ---- Birth and death ---- */

struct cookies *cookies_new(void)
{
    struct cookies *all = mem_calloc(1, sizeof(*all));

    if (!all)
        return NULL;
    all->suffixes = suffixes_get();
    if (!all->suffixes) {
        mem_free(all);
        return NULL;
    }
    all->references = 1;
    all->first_end = INT64_MAX;
    lock_init(&all->lock, LOCK_COOKIES);
    for (size_t i = 0; i < BUCKET_COUNT; i++)
        list_init(&all->buckets[i]);
    all->guard.lock = &all->lock;
    fork_guard_open(&all->guard);
    return all;
}

struct cookies *cookies_ref(struct cookies *all)
{
    if (all)
        atomic_fetch_add_explicit(&all->references, 1, memory_order_relaxed);
    return all;
}

void cookies_unref(struct cookies *all)
{
    if (!all || atomic_fetch_sub_explicit(&all->references, 1, memory_order_acq_rel) > 1)
        return;
    fork_guard_close(&all->guard);
    cookies_clear(all);
    suffixes_unref(all->suffixes);
    lock_release(&all->lock);
    mem_free(all);
}

static struct entry *entry_of(struct list_link *link)
{
    return CONTAINER_OF(link, struct entry, link);
}

static struct str put(char **at, struct str text)
{
    struct str copy = {*at, text.len};

    if (text.len)
        memcpy(*at, text.at, text.len);
    *at += text.len;
    return copy;
}

static struct entry *entry_new(const struct cookie *c, bool live)
{
    size_t len = c->name.len + c->value.len + c->domain.len + c->path.len;
    struct entry *e = mem_calloc(1, sizeof(*e) + len + 1);
    char *at;

    if (!e)
        return NULL;
    at = e->text;
    e->cookie = *c;
    e->cookie.name = put(&at, c->name);
    e->cookie.value = put(&at, c->value);
    e->cookie.domain = put(&at, c->domain);
    e->cookie.path = put(&at, c->path);
    e->live = live;
    return e;
}

static void entry_drop(struct cookies *all, struct entry *e) REQUIRES(all->lock)
{
    list_remove(&e->link);
    all->count--;
    mem_free(e);
}

/* ---- Buckets ---- */

/* The last two labels; an address as a whole. */
static struct str top_of(struct str domain)
{
    int dots = 0;
    size_t at = domain.len;

    if (at && domain.at[at - 1] == '.')
        domain.len = --at;
    if (cookie_host_is_address(domain))
        return domain;
    while (at && (domain.at[at - 1] != '.' || ++dots < 2))
        at--;
    return (struct str){domain.at + at, domain.len - at};
}

static size_t bucket_of(struct str domain)
{
    struct str top = top_of(domain);
    uint64_t hash = 1469598103934665603u; /* FNV-1a: many in one bucket cost time only */

    for (size_t i = 0; i < top.len; i++)
        hash = (hash ^ (unsigned char)ascii_lower(top.at[i])) * 1099511628211u;
    return domain.len ? (size_t)(hash % BUCKETS) : ANYWHERE;
}

static void remove_where(struct cookies *all, bool (*is_due)(const struct entry *, int64_t),
                         int64_t now) REQUIRES(all->lock)
{
    all->first_end = INT64_MAX;
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        list_for_each (link, &all->buckets[i]) {
            struct entry *e = entry_of(link);

            if (is_due(e, now))
                entry_drop(all, e);
            else if (e->cookie.expires && e->cookie.expires < all->first_end)
                all->first_end = e->cookie.expires;
        }
    }
}

static bool is_over(const struct entry *e, int64_t now)
{
    return e->cookie.expires && e->cookie.expires < now;
}

static bool is_any(const struct entry *e, int64_t now)
{
    (void)e;
    (void)now;
    return true;
}

static bool is_of_session(const struct entry *e, int64_t now)
{
    (void)now;
    return !e->cookie.expires;
}

static void remove_over(struct cookies *all) REQUIRES(all->lock)
{
    int64_t now = (int64_t)time(NULL);

    if (all->first_end < now)
        remove_where(all, is_over, now);
}

void cookies_clear(struct cookies *all)
{
    lock_take(&all->lock);
    remove_where(all, is_any, 0);
    lock_drop(&all->lock);
}

void cookies_clear_session(struct cookies *all)
{
    lock_take(&all->lock);
    remove_where(all, is_of_session, 0);
    lock_drop(&all->lock);
}

/* ---- Adding ---- */

enum place { PLACE_NEW, PLACE_REPLACES, PLACE_REFUSED_OVERLAY, PLACE_REFUSED };

/* Where a new one goes: *ret_older is the one that it replaces. */
static enum place find_place(struct list *bucket, const struct entry *e, bool insecure,
                             struct entry **ret_older)
{
    enum place place = PLACE_NEW;

    list_for_each (link, bucket) {
        struct entry *older = entry_of(link);

        if (insecure && cookie_overlays(&e->cookie, &older->cookie))
            return PLACE_REFUSED_OVERLAY;
        if (place != PLACE_NEW || !cookie_same(&e->cookie, &older->cookie))
            continue;
        place = older->live && !e->live ? PLACE_REFUSED : PLACE_REPLACES;
        *ret_older = older;
    }
    return place;
}

static enum place insert(struct cookies *all, struct entry *e, bool insecure) REQUIRES(all->lock)
{
    struct list *bucket = &all->buckets[bucket_of(e->cookie.domain)];
    struct entry *older = NULL;
    enum place place = find_place(bucket, e, insecure, &older);

    if (place >= PLACE_REFUSED_OVERLAY)
        return place;
    e->creation = older ? older->creation : ++all->creations;
    list_append(bucket, &e->link);
    all->count++;
    if (older)
        entry_drop(all, older);
    if (e->cookie.expires && e->cookie.expires < all->first_end)
        all->first_end = e->cookie.expires;
    return place;
}

#define TEXT(s) (int)(s).len, (s).len ? (s).at : ""

static void log_place(struct buf *log, enum place place, const struct cookie *c)
{
    if (!log || place == PLACE_REFUSED)
        return;
    if (place == PLACE_REFUSED_OVERLAY)
        buf_printf(log, "cookie '%.*s' for domain '%.*s' dropped, would overlay an existing cookie",
                   TEXT(c->name), TEXT(c->domain));
    else
        buf_printf(log, "%s cookie %.*s=\"%.*s\" for domain %.*s, path %.*s, expire %lld",
                   place == PLACE_NEW ? "Added" : "Replaced", TEXT(c->name), TEXT(c->value),
                   TEXT(c->domain), TEXT(c->path), (long long)c->expires);
}

static void log_refusal(struct buf *log, enum cookie_outcome outcome, const struct cookie *c)
{
    if (!log)
        return;
    if (outcome == COOKIE_OVERSIZED)
        buf_printf(log, "oversized cookie dropped, name/val %zu + %zu bytes", c->name.len,
                   c->value.len);
    else if (outcome == COOKIE_BAD_OCTETS)
        buf_append_text(log, "invalid octets in name/value, cookie dropped");
    else if (outcome == COOKIE_BAD_DOMAIN)
        buf_printf(log, "skipped cookie with bad tailmatch domain: %.*s", TEXT(c->domain));
    else if (outcome == COOKIE_INSECURE)
        buf_append_text(log, "skipped cookie because not 'secure'");
}

struct source {
    bool live;
    bool insecure; /* it may not hide secure cookies */
    bool no_cleaning;
};

static CURLcode add(struct cookies *all, const struct cookie *c, const struct source *from,
                    struct buf *log)
{
    struct entry *e = entry_new(c, from->live);
    enum place place;

    if (!e)
        return CURLE_OUT_OF_MEMORY;
    lock_take(&all->lock);
    if (!from->no_cleaning)
        remove_over(all);
    place = insert(all, e, from->insecure);
    lock_drop(&all->lock);
    if (place >= PLACE_REFUSED_OVERLAY)
        mem_free(e);
    log_place(log, place, c);
    return CURLE_OK;
}

CURLcode cookies_set(struct cookies *all, struct str value, const struct cookie_origin *from,
                     struct buf *log)
{
    struct cookie c;
    enum cookie_outcome outcome = cookie_parse_field(value, from, (int64_t)time(NULL), &c);

    if (outcome) {
        log_refusal(log, outcome, &c);
        return CURLE_OK;
    }
    if (c.tail && !suffixes_allow(all->suffixes, from->host, c.domain)) {
        if (log)
            buf_printf(log, "cookie '%.*s' dropped, domain '%.*s' must not set cookies for '%.*s'",
                       TEXT(c.name), TEXT(from->host), TEXT(c.domain));
        return CURLE_OK;
    }
    return add(all, &c, &(struct source){.live = true, .insecure = !from->secure}, log);
}

static enum cookie_outcome parse(struct str text, struct cookie *ret)
{
    const struct cookie_origin unknown = {.secure = true};
    struct str value;

    while (text.len && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
        text.len--;
    if (cookie_is_field(text, &value))
        return cookie_parse_field(value, &unknown, (int64_t)time(NULL), ret);
    return cookie_parse_line(text, ret);
}

CURLcode cookies_add(struct cookies *all, struct str text, struct buf *log)
{
    struct cookie c;
    enum cookie_outcome outcome = parse(text, &c);

    if (!outcome)
        return add(all, &c, &(struct source){.live = true}, log);
    log_refusal(log, outcome, &c);
    return CURLE_OK;
}

CURLcode cookies_add_from_file(struct cookies *all, struct str text, bool new_session)
{
    struct cookie c;

    if (parse(text, &c) || (new_session && !c.expires))
        return CURLE_OK;
    if (c.tail && suffixes_have(all->suffixes, c.domain))
        return CURLE_OK;
    return add(all, &c, &(struct source){.no_cleaning = true}, NULL);
}

void cookies_end_file(struct cookies *all)
{
    lock_take(&all->lock);
    remove_over(all);
    lock_drop(&all->lock);
}

/* ---- Sending ---- */

static int longer_first(size_t a, size_t b)
{
    return (a < b) - (a > b);
}

/* The longest path first, then domain, then name; then the latest. */
static int compare(const void *left, const void *right)
{
    const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;
    int order = longer_first(a->cookie.path.len, b->cookie.path.len);

    if (!order)
        order = longer_first(a->cookie.domain.len, b->cookie.domain.len);
    if (!order)
        order = longer_first(a->cookie.name.len, b->cookie.name.len);
    return order ? order : (a->creation < b->creation) - (a->creation > b->creation);
}

struct matches {
    struct entry *at[COOKIE_SENT_MAX];
    size_t count;
};

static void collect(struct list *bucket, const struct cookie_origin *to, struct matches *m)
{
    list_for_each (link, bucket) {
        struct entry *e = entry_of(link);

        if (m->count == COOKIE_SENT_MAX)
            return;
        if (cookie_matches(&e->cookie, to))
            m->at[m->count++] = e;
    }
}

static void append_matches(const struct matches *m, struct buf *ret, struct buf *log)
{
    size_t size = sizeof("Cookie: ") - 1;

    for (size_t i = 0; i < m->count; i++) {
        const struct cookie *c = &m->at[i]->cookie;

        size += c->name.len + c->value.len + 1 + (i ? 2 : 0);
        if (size >= COOKIE_HEADER_MAX) {
            if (log)
                buf_printf(log, "Restricted outgoing cookies due to header size, '%.*s' not sent",
                           TEXT(c->name));
            return;
        }
        if (i)
            buf_append_text(ret, "; ");
        buf_append(ret, c->name.at, c->name.len);
        buf_append_char(ret, '=');
        buf_append(ret, c->value.at, c->value.len);
    }
}

CURLcode cookies_append_matching(struct cookies *all, const struct cookie_origin *to,
                                 struct buf *ret, struct buf *log)
{
    struct matches *m;

    lock_take(&all->lock);
    remove_over(all);
    if (!all->count) {
        lock_drop(&all->lock);
        return CURLE_OK;
    }
    m = mem_calloc(1, sizeof(*m));
    if (m) {
        collect(&all->buckets[bucket_of(to->host)], to, m);
        collect(&all->buckets[ANYWHERE], to, m);
        qsort(m->at, m->count, sizeof(void *), compare);
        append_matches(m, ret, log);
    }
    lock_drop(&all->lock);
    mem_free(m);
    return !m || buf_failed(ret) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* ---- Writing ---- */

static int compare_creation(const void *left, const void *right)
{
    const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;

    return (a->creation > b->creation) - (a->creation < b->creation);
}

static void append_all(struct cookies *all, struct entry **sorted, bool latest_first,
                       struct buf *ret) REQUIRES(all->lock)
{
    size_t count = 0;

    for (size_t i = 0; i < BUCKETS; i++)
        list_for_each (link, &all->buckets[i])
            sorted[count++] = entry_of(link);
    qsort(sorted, count, sizeof(void *), compare_creation);
    for (size_t i = 0; i < count; i++) {
        cookie_append_line(ret, &sorted[latest_first ? count - 1 - i : i]->cookie);
        buf_append_char(ret, '\n');
    }
}

CURLcode cookies_append_lines(struct cookies *all, bool latest_first, struct buf *ret)
{
    struct entry **sorted = NULL;
    bool any;

    lock_take(&all->lock);
    remove_over(all);
    any = all->count > 0;
    if (any)
        sorted = mem_calloc(all->count, sizeof(void *));
    if (sorted)
        append_all(all, sorted, latest_first, ret);
    lock_drop(&all->lock);
    mem_free(sorted);
    return (any && !sorted) || buf_failed(ret) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}
