/* SPDX-License-Identifier: MIT */
/* Resolving a name: what the program gave beforehand, what needs no question, what the store knows,
 * and then a query, which the first who wants the name starts and all others wait for. */
#include "net/resolve.h"

#include "base/rand.h"
#include "net/dns_cache.h"
#include "net/dns_query.h"

#include <string.h>

static CURLcode could_not(struct buf *error, const char *name, const char *reason)
{
    buf_printf(error, "Could not resolve host: %s (%s)", name, reason);
    return CURLE_COULDNT_RESOLVE_HOST;
}

/* ---- What a transfer may use of an answer ---- */

static bool fits(const struct address *a, long ip_resolve)
{
    if (ip_resolve == CURL_IPRESOLVE_V4)
        return a->at.any.sa_family == AF_INET;
    return ip_resolve != CURL_IPRESOLVE_V6 || a->at.any.sa_family == AF_INET6;
}

static void shuffle(struct addresses *list)
{
    for (size_t i = list->count; i > 1; i--) {
        size_t other = rand_below((uint32_t)i);
        struct address swapped = list->list[i - 1];
        list->list[i - 1] = list->list[other];
        list->list[other] = swapped;
    }
}

/* The list itself or a changed copy of it, which may be empty; NULL without memory. */
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
    if (o->shuffle)
        shuffle(list);
    return list;
}

/* ---- What needs no question; CURLE_AGAIN: it does ---- */

/* The preset with this key, or NULL; the caller owns a reference. */
static struct addresses *find_preset(struct dns_cache *c, const struct buf *key, long timeout_s)
{
    struct addresses *all = NULL;
    struct dns_entry *e;

    lock_take(&c->lock);
    e = dns_entry_find(c, (struct str){key->bytes, key->len});
    if (e && e->preset && dns_entry_is_fresh(e, timeout_s))
        all = addresses_ref(e->answer.addresses);
    lock_drop(&c->lock);
    return all;
}

/* CURLOPT_RESOLVE: for the host, or for all hosts, at this port. One without an address of the
 * wanted family says nothing. */
static CURLcode answer_by_preset(struct dns_cache *c, struct str host, int port,
                                 const struct dns_options *o, struct addresses **ret)
{
    const struct str hosts[] = {host, STR("*")};

    if (!atomic_load_explicit(&c->preset_count, memory_order_relaxed))
        return CURLE_AGAIN;
    for (int i = 0; i < 2; i++) {
        scoped(buf) key = {0};
        struct addresses *all;
        if (!dns_preset_key(&key, hosts[i], port))
            return CURLE_OUT_OF_MEMORY;
        all = find_preset(c, &key, o->cache_timeout_s);
        if (!all)
            continue;
        *ret = usable(all, o);
        addresses_unref(all);
        if (!*ret)
            return CURLE_OUT_OF_MEMORY;
        if ((*ret)->count)
            return CURLE_OK;
        addresses_unref(*ret);
        *ret = NULL;
    }
    return CURLE_AGAIN;
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
    return str_equal_nocase(host, STR("localhost")) || str_equal_nocase(host, STR("localhost.")) ||
           ends_in(host, STR(".localhost"));
}

static CURLcode answer_localhost(const struct dns_options *o, struct addresses **ret)
{
    struct addresses *both = addresses_new(2);
    bool parsed =
        both && address_parse("::1", &both->list[0]) && address_parse("127.0.0.1", &both->list[1]);

    if (parsed)
        *ret = usable(both, o);
    addresses_unref(both);
    return *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

bool resolve_refuses(struct str host)
{
    return ends_in(host, STR(".onion"));
}

static CURLcode answer_at_once(const char *name, const struct dns_options *o,
                               struct addresses **ret, struct buf *error)
{
    struct address a;

    if (address_parse(name, &a)) {
        *ret = addresses_new(1);
        if (!*ret)
            return CURLE_OUT_OF_MEMORY;
        (*ret)->list[0] = a;
        return CURLE_OK;
    }
    if (resolve_refuses(str_of(name))) {
        buf_append_text(error, "Not resolving .onion address (RFC 7686)");
        return CURLE_COULDNT_RESOLVE_HOST;
    }
    if (is_localhost(str_of(name)))
        return answer_localhost(o, ret);
    return strchr(name, ':') ? could_not(error, name, "not a valid address") : CURLE_AGAIN;
}

/* ---- The store, and the line at a question ---- */

/* What distinguishes answers: the family, who was asked, and the name. It cannot be a preset's. */
static bool query_key(struct buf *key, const char *name, const struct dns_options *o)
{
    const char *parts[] = {o->servers, o->interface, o->local_ip4, o->local_ip6};

    buf_append_char(key, '?');
    buf_append_number(key, o->ip_resolve);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_append_char(key, '\n');
        buf_append_text(key, parts[i] ? parts[i] : "");
    }
    buf_append_char(key, '\n');
    if (o->https)
        buf_append(key, o->https->identity.at, o->https->identity.len);
    buf_append_char(key, '\n');
    for (; *name; name++)
        buf_append_char(key, ascii_lower(*name));
    return !buf_failed(key);
}

/* The entry with a usable answer, or the question; an answer that is too old goes. */
static struct dns_entry *find_current(struct dns_cache *c, struct str key, long timeout_s)
    REQUIRES(c->lock);

static struct dns_entry *find_current(struct dns_cache *c, struct str key, long timeout_s)
{
    struct dns_entry *e = dns_entry_find(c, key);

    if (!e || e->pending || dns_entry_is_fresh(e, timeout_s))
        return e;
    dns_entry_remove(c, e);
    return NULL;
}

/* False when the store has no answer. */
static bool look_up(struct dns_cache *c, struct str key, long timeout_s, struct dns_answer *ret)
{
    struct dns_entry *e;
    bool is_known;

    lock_take(&c->lock);
    e = find_current(c, key, timeout_s);
    is_known = e && !e->pending;
    if (is_known)
        *ret = dns_answer_copy(&e->answer);
    lock_drop(&c->lock);
    return is_known;
}

enum place_in_line { IS_KNOWN, IS_FIRST, IS_BEHIND, NO_MEMORY };

/* Joins those who wait for the name; the first is to ask. */
static enum place_in_line join_line(struct dns_cache *c, struct str key, long timeout_s,
                                    struct dns_waiter *w)
{
    enum place_in_line place = IS_BEHIND;
    struct dns_entry *e;

    lock_take(&c->lock);
    e = find_current(c, key, timeout_s);
    if (!e) {
        e = dns_entry_add(c, key);
        place = e ? IS_FIRST : NO_MEMORY;
    } else if (!e->pending) {
        w->answer = dns_answer_copy(&e->answer);
        place = IS_KNOWN;
    }
    if (e && e->pending)
        list_append(&e->waiters, &w->waiter.link);
    lock_drop(&c->lock);
    return place;
}

/* The wait ends before the answer: out of the line, unless the answer is on its way. */
static WAITS void leave_line(struct dns_cache *c, struct dns_waiter *w)
{
    bool was_in_line;

    lock_take(&c->lock);
    was_in_line = list_linked(&w->waiter.link);
    list_remove(&w->waiter.link);
    lock_drop(&c->lock);
    if (!was_in_line)
        waiter_settle(&w->waiter);
    addresses_unref(w->answer.addresses);
    w->answer.addresses = NULL;
}

struct wanted {
    struct str key;
    const char *name;
    const struct dns_options *options;
    int64_t deadline;
};

/* Over HTTPS the first who wants the name asks for all: if that one is cancelled, another does. */
static WAITS CURLcode ask_over_https(struct dns_cache *c, const struct wanted *n)
{
    const struct dns_https *https = n->options->https;
    struct dns_answer answer = {.result = CURLE_AGAIN};
    bool keep = false;
    CURLcode result =
        https->ask(https->owner, n->name, n->options->ip_resolve, n->deadline, &answer, &keep);

    if (result)
        return result;
    dns_cache_answer(c, n->key, &answer, keep);
    addresses_unref(answer.addresses);
    return CURLE_OK;
}

static WAITS CURLcode put_question(struct dns_cache *c, const struct wanted *n, struct buf *error)
{
    if (n->options->https)
        return ask_over_https(c, n);
    return dns_query_start(c, n->key, n->name, n->options, error);
}

static WAITS CURLcode wait_in_line(struct dns_cache *c, const struct wanted *n,
                                   struct dns_waiter *w, struct buf *error)
{
    enum place_in_line place = join_line(c, n->key, n->options->cache_timeout_s, w);
    CURLcode result = CURLE_OK;

    if (place == NO_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (place == IS_KNOWN)
        return CURLE_OK;
    if (place == IS_FIRST)
        result = put_question(c, n, error);
    if (result) { /* those who joined meanwhile find out for themselves */
        leave_line(c, w);
        dns_cache_answer(c, n->key, &(struct dns_answer){.result = CURLE_AGAIN}, false);
        return result;
    }
    result = wait_for_grant(&w->waiter, n->deadline);
    if (result)
        leave_line(c, w);
    return result;
}

/* CURLE_OK: whatever the answer is, CURLE_AGAIN included; the caller owns it. */
static WAITS CURLcode ask(struct dns_cache *c, const struct wanted *n, struct dns_answer *ret,
                          struct buf *error)
{
    struct dns_waiter w = {.answer = {.result = CURLE_AGAIN}};
    CURLcode result;

    if (!waiter_init(&w.waiter))
        return CURLE_OUT_OF_MEMORY;
    result = wait_in_line(c, n, &w, error);
    waiter_release(&w.waiter);
    *ret = w.answer;
    return result;
}

static WAITS CURLcode answer_by_query(struct dns_cache *c, const char *name,
                                      const struct dns_options *o, int64_t deadline,
                                      struct addresses **ret, struct buf *error)
{
    struct dns_answer answer = {.result = CURLE_AGAIN};
    scoped(buf) key = {0};
    CURLcode result = CURLE_OK;
    struct wanted n = {.name = name, .options = o, .deadline = deadline};

    if (!query_key(&key, name, o))
        return CURLE_OUT_OF_MEMORY;
    n.key = (struct str){key.bytes, key.len};
    if (!look_up(c, n.key, o->cache_timeout_s, &answer)) {
        while (!result && answer.result == CURLE_AGAIN)
            result = ask(c, &n, &answer, error);
    }
    if (result)
        return result;
    if (answer.result == CURLE_COULDNT_RESOLVE_HOST)
        return could_not(error, name, answer.reason);
    if (answer.result)
        return answer.result;
    *ret = usable(answer.addresses, o);
    addresses_unref(answer.addresses);
    return *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

CURLcode resolve(struct dns_cache *c, struct str host, int port, const struct dns_options *o,
                 int64_t deadline, struct addresses **ret, struct buf *ret_error)
{
    scoped(buf) name = {0};
    CURLcode result;

    *ret = NULL;
    if (!buf_append(&name, host.at, host.len) || !buf_append_char(&name, '\0'))
        return CURLE_OUT_OF_MEMORY;
    if (!host.len || strlen(name.bytes) != host.len)
        return could_not(ret_error, name.bytes, "not a valid name");
    result = answer_by_preset(c, host, port, o, ret);
    if (result == CURLE_AGAIN)
        result = answer_at_once(name.bytes, o, ret, ret_error);
    if (result == CURLE_AGAIN)
        result = answer_by_query(c, name.bytes, o, deadline, ret, ret_error);
    return result;
}

bool resolve_knows(struct dns_cache *c, struct str host, int port, const struct dns_options *o)
{
    struct dns_answer answer = {.result = CURLE_AGAIN};
    struct addresses *preset = NULL;
    scoped(buf) name = {0}, key = {0};

    if (!buf_append(&name, host.at, host.len))
        return false;
    if (!answer_by_preset(c, host, port, o, &preset)) {
        addresses_unref(preset);
        return true;
    }
    if (!query_key(&key, buf_text(&name), o) ||
        !look_up(c, (struct str){key.bytes, key.len}, o->cache_timeout_s, &answer))
        return false;
    addresses_unref(answer.addresses);
    return true;
}
