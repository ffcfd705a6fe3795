/* SPDX-License-Identifier: MIT */
/* Resolving a name: what needs no question first, then the store, then c-ares. Both families are
 * asked for at once, as two questions, and an answer for one does not wait long for the other (RFC
 * 8305 3). */
#include "net/resolve.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "net/ares_channel.h"
#include "net/dns_cache.h"
#include "runtime/timers.h"
#include "runtime/worker.h"

#include <ares.h>
#include <string.h>

enum { RESOLUTION_DELAY = 50 * 1000 }; /* us that an answer waits for the other family's */

/* ---- A query: one name, its questions, and the store that is told ---- */

enum family_place { PLACE_6, PLACE_4, PLACES };

struct query {
    struct dns_cache *cache; /* counted */
    struct worker *worker;
    int open;           /* questions without an answer */
    bool told;          /* the store has the answer */
    int status[PLACES]; /* ARES_*; ARES_ENODATA where nothing was asked */
    struct addresses *found[PLACES];
    struct timer delay;
    size_t key_len;
    char key[];
};

static void query_unref(struct query *q)
{
    if (q->open)
        return;
    timer_disarm(worker_timers(q->worker), &q->delay);
    addresses_unref(q->found[PLACE_6]);
    addresses_unref(q->found[PLACE_4]);
    dns_cache_unref(q->cache);
    mem_free(q);
}

/* IPv6 first, as RFC 6724 and happy eyeballs want it; NULL without memory. */
static struct addresses *join(const struct addresses *first, const struct addresses *second)
{
    size_t count = (first ? first->count : 0) + (second ? second->count : 0), at = 0;
    struct addresses *all = addresses_new(count);

    for (size_t i = 0; all && first && i < first->count; i++)
        all->list[at++] = first->list[i];
    for (size_t i = 0; all && second && i < second->count; i++)
        all->list[at++] = second->list[i];
    return all;
}

static bool is_no_such_name(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

static bool is_no_answer(int status)
{
    return status == ARES_EDESTRUCTION || status == ARES_ECANCELLED;
}

/* The status that explains a failure best: a server that failed rather than a family without
 * addresses. */
static int worst_status(const struct query *q)
{
    return is_no_such_name(q->status[PLACE_6]) ? q->status[PLACE_4] : q->status[PLACE_6];
}

static void tell(struct query *q)
{
    struct str key = {q->key, q->key_len};
    int status = worst_status(q);

    if (q->told)
        return;
    q->told = true;
    if (q->found[PLACE_6] || q->found[PLACE_4]) {
        struct addresses *all = join(q->found[PLACE_6], q->found[PLACE_4]);
        dns_cache_answer(q->cache, key, all, "out of memory", all != NULL, false);
        addresses_unref(all);
    } else {
        bool nobody = is_no_answer(status);
        bool authoritative =
            is_no_such_name(q->status[PLACE_6]) && is_no_such_name(q->status[PLACE_4]);
        dns_cache_answer(q->cache, key, NULL, ares_strerror(status), authoritative, nobody);
    }
}

static void delay_is_over(struct timer *t)
{
    tell(CONTAINER_OF(t, struct query, delay));
}

static struct addresses *take_addresses(const struct ares_addrinfo *info)
{
    size_t count = 0, at = 0;
    struct addresses *list;

    for (struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next)
        count += n->ai_addrlen <= sizeof(list->list[0].at);
    list = count ? addresses_new(count) : NULL;
    for (struct ares_addrinfo_node *n = info->nodes; list && n; n = n->ai_next) {
        if (n->ai_addrlen > sizeof(list->list[0].at))
            continue;
        list->list[at].len = n->ai_addrlen;
        memcpy(&list->list[at++].at, n->ai_addr, n->ai_addrlen);
    }
    return list;
}

static void take_answer(struct query *q, enum family_place place, int status,
                        struct ares_addrinfo *info)
{
    q->open--;
    q->status[place] = status;
    if (info && status == ARES_SUCCESS) {
        q->found[place] = take_addresses(info);
        if (!q->found[place])
            q->status[place] = ARES_ENODATA;
    }
    if (info)
        ares_freeaddrinfo(info);
    if (!q->open)
        tell(q);
    else if (q->found[place] && !q->told &&
             !timer_arm(worker_timers(q->worker), &q->delay, clock_now() + RESOLUTION_DELAY))
        tell(q);
    query_unref(q);
}

static void take_answer_6(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    take_answer(argument, PLACE_6, status, info);
}

static void take_answer_4(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    take_answer(argument, PLACE_4, status, info);
}

/* Sends the questions for a pending entry of the store. */
static CURLcode query_start(struct dns_cache *cache, struct str key, const char *name,
                            const struct dns_options *o, struct buf *error)
{
    struct query *q = mem_calloc(1, sizeof(*q) + key.len);
    bool ask_6 = o->ip_resolve != CURL_IPRESOLVE_V4, ask_4 = o->ip_resolve != CURL_IPRESOLVE_V6;
    struct channel *channel = NULL;
    CURLcode result = q ? channel_get(o, &channel, error) : CURLE_OUT_OF_MEMORY;

    if (result) {
        mem_free(q);
        return result;
    }
    q->cache = dns_cache_ref(cache);
    q->worker = worker_current();
    q->delay.fire = delay_is_over;
    q->status[PLACE_6] = q->status[PLACE_4] = ARES_ENODATA;
    q->key_len = key.len;
    memcpy(q->key, key.at, key.len);
    q->open = ask_6 + ask_4;
    if (ask_6)
        channel_ask(channel, name, AF_INET6, take_answer_6, q);
    if (ask_4)
        channel_ask(channel, name, AF_INET, take_answer_4, q);
    return CURLE_OK;
}

/* ---- What needs no question ---- */

static bool fits(const struct address *a, long ip_resolve)
{
    if (ip_resolve == CURL_IPRESOLVE_V4)
        return a->at.any.sa_family == AF_INET;
    return ip_resolve != CURL_IPRESOLVE_V6 || a->at.any.sa_family == AF_INET6;
}

static struct addresses *of_texts(const char *const texts[], long ip_resolve)
{
    struct addresses *list = addresses_new(2);
    struct address a;

    if (!list)
        return NULL;
    list->count = 0;
    for (; *texts; texts++) {
        if (address_parse(*texts, &a) && fits(&a, ip_resolve))
            list->list[list->count++] = a;
    }
    return list;
}

static bool ends_in(struct str host, struct str suffix)
{
    if (host.len && host.at[host.len - 1] == '.')
        host.len--;
    return host.len >= suffix.len &&
           str_equal_nocase((struct str){host.at + host.len - suffix.len, suffix.len}, suffix);
}

/* RFC 6761 6.3. */
static bool is_localhost(struct str host)
{
    return (host.len <= STR("localhost.").len && ends_in(host, STR("localhost")) &&
            str_starts_nocase(host, STR("localhost"))) ||
           ends_in(host, STR(".localhost"));
}

static CURLcode could_not(struct buf *error, const char *name, const char *reason)
{
    buf_printf(error, "Could not resolve host: %s", name);
    if (reason)
        buf_printf(error, " (%s)", reason);
    return CURLE_COULDNT_RESOLVE_HOST;
}

/* CURLE_AGAIN: it has to be asked for. */
static CURLcode answer_at_once(const char *name, const struct dns_options *o,
                               struct addresses **ret, struct buf *error)
{
    static const char *const local[] = {"::1", "127.0.0.1", NULL};
    const char *const numeric[] = {name, NULL};
    struct address a;

    if (ends_in(str_of(name), STR(".onion")))
        return could_not(error, name, "not resolving .onion addresses (RFC 7686)");
    if (address_parse(name, &a))
        *ret = of_texts(numeric, CURL_IPRESOLVE_WHATEVER);
    else if (is_localhost(str_of(name)))
        *ret = of_texts(local, o->ip_resolve);
    else
        return CURLE_AGAIN;
    return *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* ---- The store ---- */

static bool is_fresh(const struct dns_entry *e, long timeout_s)
{
    int64_t age = clock_now() - e->created;

    if (e->pinned || timeout_s < 0)
        return true;
    return age < timeout_s * CLOCK_SECOND / (e->addresses ? 1 : 2);
}

/* A copy of the list with what the transfer may use; NULL without memory. */
static struct addresses *usable(struct addresses *all, const struct dns_options *o)
{
    struct addresses *list;

    if (o->ip_resolve == CURL_IPRESOLVE_WHATEVER && !o->shuffle)
        return addresses_ref(all);
    list = addresses_new(all->count);
    if (!list)
        return NULL;
    list->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (fits(&all->list[i], o->ip_resolve))
            list->list[list->count++] = all->list[i];
    }
    for (size_t i = list->count; o->shuffle && i > 1; i--) {
        size_t other = rand_below((uint32_t)i);
        struct address swapped = list->list[i - 1];
        list->list[i - 1] = list->list[other];
        list->list[other] = swapped;
    }
    return list;
}

static struct dns_entry *find_preset(struct dns_cache *c, struct str host, int port,
                                     const struct dns_options *o) REQUIRES(c->lock);

/* CURLOPT_RESOLVE: for the host, or for all hosts, at this port. */
static struct dns_entry *find_preset(struct dns_cache *c, struct str host, int port,
                                     const struct dns_options *o)
{
    const struct str hosts[] = {host, STR("*")};

    for (int i = 0; i < 2; i++) {
        scoped(buf) key = {0};
        struct dns_entry *e = NULL;
        if (dns_preset_key(&key, hosts[i], port))
            e = dns_entry_find(c, (struct str){key.bytes, key.len});
        if (e && is_fresh(e, o->cache_timeout_s))
            return e;
    }
    return NULL;
}

/* What is known already; CURLE_AGAIN when nothing is. `host` is told apart from the preset's port.
 */
static CURLcode look_up_preset(struct dns_cache *c, struct str host, int port,
                               const struct dns_options *o, struct addresses **ret)
{
    struct dns_entry *e;
    CURLcode result = CURLE_AGAIN;

    lock_take(&c->lock);
    e = find_preset(c, host, port, o);
    if (e) {
        *ret = usable(e->addresses, o);
        result = *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    }
    lock_drop(&c->lock);
    return result;
}

/* ---- Asking, or waiting for who asks ---- */

/* What distinguishes answers: the family, who was asked, and the name. It cannot be a preset's. */
static bool query_key(struct buf *key, const char *name, const struct dns_options *o)
{
    buf_printf(key, "?%ld\n%s\n%s\n%s\n%s\n", o->ip_resolve, o->servers ? o->servers : "",
               o->interface ? o->interface : "", o->local_ip4 ? o->local_ip4 : "",
               o->local_ip6 ? o->local_ip6 : "");
    for (; *name; name++)
        buf_append_char(key, ascii_lower(*name));
    return !buf_failed(key);
}

enum place_in_line { IS_KNOWN, MUST_ASK, MUST_WAIT, NO_MEMORY };

/* Joins those who wait for the name; the first is to ask. */
static enum place_in_line join_line(struct dns_cache *c, struct str key,
                                    const struct dns_options *o, struct dns_waiter *w)
{
    struct dns_entry *e;
    enum place_in_line place = MUST_WAIT;

    lock_take(&c->lock);
    e = dns_entry_find(c, key);
    if (e && !e->pending && is_fresh(e, o->cache_timeout_s)) {
        w->addresses = e->addresses ? addresses_ref(e->addresses) : NULL;
        w->reason = e->reason;
        place = IS_KNOWN;
    } else {
        if (e && !e->pending) {
            dns_entry_remove(c, e);
            e = NULL;
        }
        if (!e) {
            e = dns_entry_add(c, key);
            place = e ? MUST_ASK : NO_MEMORY;
        }
        if (e) {
            e->pending = true;
            list_append(&e->waiters, &w->waiter.link);
        }
    }
    lock_drop(&c->lock);
    return place;
}

/* The wait is over before the answer came: out of the line, or the answer is on its way. */
static WAITS void leave_line(struct dns_cache *c, struct dns_waiter *w)
{
    bool queued;

    lock_take(&c->lock);
    queued = list_linked(&w->waiter.link);
    list_remove(&w->waiter.link);
    lock_drop(&c->lock);
    if (!queued)
        waiter_settle(&w->waiter);
}

static WAITS CURLcode wait_for_answer(struct dns_cache *c, struct dns_waiter *w, int64_t deadline)
{
    CURLcode result = wait_for_grant(&w->waiter, deadline);

    if (result) {
        leave_line(c, w);
        addresses_unref(w->addresses);
        w->addresses = NULL;
    }
    return result;
}

/* One round: CURLE_OK with the answer in `w`, which may be to try again. */
static WAITS CURLcode ask(struct dns_cache *c, struct str key, const char *name,
                          const struct dns_options *o, int64_t deadline, struct dns_waiter *w,
                          struct buf *error)
{
    CURLcode result;
    enum place_in_line place;

    *w = (struct dns_waiter){0};
    if (!waiter_init(&w->waiter))
        return CURLE_OUT_OF_MEMORY;
    place = join_line(c, key, o, w);
    if (place == MUST_ASK) {
        result = query_start(c, key, name, o, error);
        if (result) {
            /* Those who joined meanwhile find out for themselves. */
            leave_line(c, w);
            dns_cache_answer(c, key, NULL, NULL, false, true);
            waiter_release(&w->waiter);
            return result;
        }
    }
    result = place == NO_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_OK;
    if (place == MUST_ASK || place == MUST_WAIT)
        result = wait_for_answer(c, w, deadline);
    waiter_release(&w->waiter);
    return result;
}

static WAITS CURLcode resolve_by_query(struct dns_cache *c, const char *name,
                                       const struct dns_options *o, int64_t deadline,
                                       struct addresses **ret, struct buf *error)
{
    scoped(buf) key = {0};
    struct dns_waiter w;
    CURLcode result;

    if (!query_key(&key, name, o))
        return CURLE_OUT_OF_MEMORY;
    do
        result = ask(c, (struct str){key.bytes, key.len}, name, o, deadline, &w, error);
    while (!result && w.retry);
    if (result)
        return result;
    if (!w.addresses)
        return could_not(error, name, w.reason);
    *ret = usable(w.addresses, o);
    addresses_unref(w.addresses);
    return *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

CURLcode resolve(struct dns_cache *c, struct str host, int port, const struct dns_options *o,
                 int64_t deadline, struct addresses **ret, struct buf *ret_error)
{
    scoped(buf) name = {0};
    CURLcode result;

    *ret = NULL;
    if (!host.len)
        return could_not(ret_error, "", "no name");
    if (!buf_append(&name, host.at, host.len))
        return CURLE_OUT_OF_MEMORY;
    result = look_up_preset(c, host, port, o, ret);
    if (result == CURLE_AGAIN)
        result = answer_at_once(name.bytes, o, ret, ret_error);
    if (result == CURLE_AGAIN)
        result = resolve_by_query(c, name.bytes, o, deadline, ret, ret_error);
    if (!result && !(*ret)->count) {
        addresses_unref(*ret);
        *ret = NULL;
        return could_not(ret_error, name.bytes, "no address of the wanted family");
    }
    return result;
}
