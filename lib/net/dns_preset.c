/* SPDX-License-Identifier: MIT */
/* CURLOPT_RESOLVE: answers that the program gives beforehand. */
#include "base/mem.h"
#include "net/dns_cache.h"

enum { PORT_MAX = 65535, ADDRESSES_MOST = 64 };

bool dns_preset_key(struct buf *key, struct str host, int64_t port)
{
    for (size_t i = 0; i < host.len; i++)
        buf_append_char(key, ascii_lower(host.at[i]));
    buf_append_char(key, ':');
    return buf_append_number(key, port);
}

struct preset {
    struct str host;
    int64_t port;
    struct str addresses; /* comma separated; empty for a removal */
    bool removes;         /* "-host:port" */
    bool expires;         /* "+host:port:..." */
};

static bool skip(struct str *s, char c)
{
    if (!s->len || s->at[0] != c)
        return false;
    s->at++;
    s->len--;
    return true;
}

/* A host name, or an IPv6 address in brackets, up to its colon. */
static bool take_host(struct str *s, struct str *ret_host)
{
    bool bracketed = skip(s, '[');
    const char *end = s->len ? memchr(s->at, bracketed ? ']' : ':', s->len) : NULL;

    if (!end || end == s->at)
        return false;
    *ret_host = (struct str){s->at, (size_t)(end - s->at)};
    s->len -= ret_host->len;
    s->at = end;
    return (!bracketed || skip(s, ']')) && skip(s, ':');
}

static bool parse_preset(struct str entry, struct preset *ret)
{
    *ret = (struct preset){0};
    ret->removes = skip(&entry, '-');
    ret->expires = !ret->removes && skip(&entry, '+');
    if (!take_host(&entry, &ret->host) || !str_take_number(&entry, PORT_MAX, &ret->port))
        return false;
    if (ret->removes)
        return true;
    if (!skip(&entry, ':') || !entry.len)
        return false;
    ret->addresses = entry;
    return true;
}

static bool parse_one(struct str text, struct address *ret)
{
    char plain[ADDRESS_TEXT_SIZE];

    if (text.len > 2 && text.at[0] == '[' && text.at[text.len - 1] == ']') {
        text.at++;
        text.len -= 2;
    }
    if (text.len >= sizeof(plain))
        return false;
    memcpy(plain, text.at, text.len);
    plain[text.len] = '\0';
    return address_parse(plain, ret);
}

/* CURLE_OUT_OF_MEMORY, CURLE_SETOPT_OPTION_SYNTAX, or the addresses. */
static CURLcode parse_addresses(struct str text, struct addresses **ret)
{
    struct addresses *list;
    size_t count = 1;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == ',';
    if (count > ADDRESSES_MOST)
        return CURLE_SETOPT_OPTION_SYNTAX;
    list = addresses_new(count);
    if (!list)
        return CURLE_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const char *comma = memchr(text.at, ',', text.len);
        size_t len = comma ? (size_t)(comma - text.at) : text.len;
        if (!parse_one(str_trim_blanks((struct str){text.at, len}), &list->list[i])) {
            addresses_unref(list);
            return CURLE_SETOPT_OPTION_SYNTAX;
        }
        text.at += len + (comma != NULL);
        text.len -= len + (comma != NULL);
    }
    *ret = list;
    return CURLE_OK;
}

/* A removal is meant for what servers said, too. */
static void forget_answers(struct dns_cache *c, struct str host) REQUIRES(c->lock);

static void forget_answers(struct dns_cache *c, struct str host)
{
    list_for_each (link, &c->answers) {
        struct dns_entry *e = CONTAINER_OF(link, struct dns_entry, place);
        const char *name = strrchr(e->key, '\n'); /* see resolve.c */
        if (name && str_equal_nocase(str_of(name + 1), host))
            dns_entry_remove(c, e);
    }
}

/* Replaces what there is; without addresses it only goes. */
static CURLcode put(struct dns_cache *c, const struct preset *p, struct addresses *addresses)
{
    struct dns_answer answer = {.result = CURLE_OK, .addresses = addresses};
    scoped(buf) key = {0};
    struct dns_entry *e;
    CURLcode result = CURLE_OK;

    if (!dns_preset_key(&key, p->host, p->port))
        return CURLE_OUT_OF_MEMORY;
    lock_take(&c->lock);
    e = dns_entry_find(c, (struct str){key.bytes, key.len});
    if (e)
        dns_entry_remove(c, e);
    if (!addresses)
        forget_answers(c, p->host);
    if (addresses) {
        e = dns_entry_add(c, (struct str){key.bytes, key.len});
        if (e) {
            e->preset = true;
            e->pinned = !p->expires;
            atomic_fetch_add_explicit(&c->preset_count, 1, memory_order_relaxed);
            dns_entry_settle(c, e, &answer);
        } else {
            result = CURLE_OUT_OF_MEMORY;
        }
    }
    lock_drop(&c->lock);
    return result;
}

static CURLcode apply(struct dns_cache *c, struct str entry)
{
    struct addresses *addresses = NULL;
    struct preset p;
    CURLcode result;

    if (!parse_preset(entry, &p)) /* a removal of nothing is none */
        return p.removes ? CURLE_OK : CURLE_SETOPT_OPTION_SYNTAX;
    result = p.removes ? CURLE_OK : parse_addresses(p.addresses, &addresses);
    if (!result)
        result = put(c, &p, addresses);
    addresses_unref(addresses);
    return result;
}

CURLcode dns_cache_preset(struct dns_cache *c, const struct curl_slist *entries,
                          struct buf *ret_error)
{
    for (; entries; entries = entries->next) {
        CURLcode result = apply(c, str_of(entries->data));
        if (result == CURLE_SETOPT_OPTION_SYNTAX)
            buf_printf(ret_error, "Could not parse CURLOPT_RESOLVE entry '%s'", entries->data);
        if (result)
            return result;
    }
    return CURLE_OK;
}
