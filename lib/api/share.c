/* SPDX-License-Identifier: MIT */
#include "api/share.h"

#include "api/handle.h"
#include "api/option_list.h"
#include "base/lock.h"
#include "base/mem.h"
#include "boundary/suffixes.h"

#include <stdarg.h>
#include <stdbool.h>

enum { SHARE_MAGIC = 0x73686172 };

struct share {
    unsigned magic;
    struct lock lock;

    /* Any thread, under lock. */
    int users;

    /* Fixed while there are users. */
    struct pool *pool;
    struct dns_cache *dns;
    struct tls_sessions *sessions;
    struct cookies *cookies;
    struct suffixes *suffixes;
    struct hsts_store *hsts;
    curl_lock_function lock_function;
    curl_unlock_function unlock_function;
    void *user_data;
};

struct share *share_of(CURLSH *handle)
{
    struct share *s = (struct share *)handle;

    return s && s->magic == SHARE_MAGIC ? s : NULL;
}

CURLSH *curl_share_init(void)
{
    struct share *s = mem_calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->magic = SHARE_MAGIC;
    lock_init(&s->lock, LOCK_SHARE);
    return (CURLSH *)s;
}

static bool is_shared(const struct share *s, curl_lock_data what)
{
    switch (what) {
    case CURL_LOCK_DATA_SHARE:
        return true;
    case CURL_LOCK_DATA_COOKIE:
        return s->cookies != NULL;
    case CURL_LOCK_DATA_DNS:
        return s->dns != NULL;
    case CURL_LOCK_DATA_SSL_SESSION:
        return s->sessions != NULL;
    case CURL_LOCK_DATA_CONNECT:
        return s->pool != NULL;
    case CURL_LOCK_DATA_PSL:
        return s->suffixes != NULL;
    case CURL_LOCK_DATA_HSTS:
        return s->hsts != NULL;
    default:
        return false;
    }
}

void share_lock(struct share *s, struct easy *e, curl_lock_data what)
{
    if (s && s->lock_function && is_shared(s, what))
        s->lock_function(e ? easy_public(e) : NULL, what, CURL_LOCK_ACCESS_SINGLE, s->user_data);
}

void share_unlock(struct share *s, struct easy *e, curl_lock_data what)
{
    if (s && s->unlock_function && is_shared(s, what))
        s->unlock_function(e ? easy_public(e) : NULL, what, s->user_data);
}

static void count_users(struct share *s, struct easy *e, int change)
{
    share_lock(s, e, CURL_LOCK_DATA_SHARE);
    lock_take(&s->lock);
    s->users += change;
    lock_drop(&s->lock);
    share_unlock(s, e, CURL_LOCK_DATA_SHARE);
}

void share_attach(struct share *s, struct easy *e)
{
    count_users(s, e, 1);
}

void share_detach(struct share *s, struct easy *e)
{
    if (s)
        count_users(s, e, -1);
}

struct pool *share_pool(struct share *s)
{
    return s ? s->pool : NULL;
}

struct dns_cache *share_dns(struct share *s)
{
    return s ? s->dns : NULL;
}

struct tls_sessions *share_sessions(struct share *s)
{
    return s ? s->sessions : NULL;
}

struct cookies *share_cookies(struct share *s)
{
    return s ? s->cookies : NULL;
}

struct hsts_store *share_hsts(struct share *s)
{
    return s ? s->hsts : NULL;
}

static CURLSHcode add_store(struct share *s, curl_lock_data what)
{
    switch (what) {
    case CURL_LOCK_DATA_DNS:
        if (!s->dns)
            s->dns = dns_cache_new();
        return s->dns ? CURLSHE_OK : CURLSHE_NOMEM;
    case CURL_LOCK_DATA_SSL_SESSION:
        if (!s->sessions)
            s->sessions = tls_sessions_new();
        return s->sessions ? CURLSHE_OK : CURLSHE_NOMEM;
    case CURL_LOCK_DATA_CONNECT:
        if (!s->pool)
            s->pool = pool_new();
        return s->pool ? CURLSHE_OK : CURLSHE_NOMEM;
    case CURL_LOCK_DATA_COOKIE:
        if (!s->cookies)
            s->cookies = cookies_new();
        return s->cookies ? CURLSHE_OK : CURLSHE_NOMEM;
    case CURL_LOCK_DATA_PSL:
        if (!s->suffixes)
            s->suffixes = suffixes_get();
        return s->suffixes ? CURLSHE_OK : CURLSHE_NOMEM;
    case CURL_LOCK_DATA_HSTS:
        if (!s->hsts)
            s->hsts = hsts_store_new();
        return s->hsts ? CURLSHE_OK : CURLSHE_NOMEM;
    default:
        return CURLSHE_BAD_OPTION;
    }
}

static CURLSHcode remove_store(struct share *s, curl_lock_data what)
{
    switch (what) {
    case CURL_LOCK_DATA_DNS:
        dns_cache_unref(s->dns);
        s->dns = NULL;
        return CURLSHE_OK;
    case CURL_LOCK_DATA_SSL_SESSION:
        tls_sessions_unref(s->sessions);
        s->sessions = NULL;
        return CURLSHE_OK;
    case CURL_LOCK_DATA_CONNECT:
        pool_unref(s->pool);
        s->pool = NULL;
        return CURLSHE_OK;
    case CURL_LOCK_DATA_COOKIE:
        cookies_unref(s->cookies);
        s->cookies = NULL;
        return CURLSHE_OK;
    case CURL_LOCK_DATA_PSL:
        suffixes_unref(s->suffixes);
        s->suffixes = NULL;
        return CURLSHE_OK;
    case CURL_LOCK_DATA_HSTS:
        hsts_store_unref(s->hsts);
        s->hsts = NULL;
        return CURLSHE_OK;
    default:
        return CURLSHE_BAD_OPTION;
    }
}

static bool is_used(struct share *s)
{
    bool used;

    lock_take(&s->lock);
    used = s->users > 0;
    lock_drop(&s->lock);
    return used;
}

static const struct option_entry entries[] = {
    {"CURLSHOPT_SHARE",      "int",      CURLSHOPT_SHARE,      MARK_WORKS},
    {"CURLSHOPT_UNSHARE",    "int",      CURLSHOPT_UNSHARE,    MARK_WORKS},
    {"CURLSHOPT_LOCKFUNC",   "function", CURLSHOPT_LOCKFUNC,   MARK_WORKS},
    {"CURLSHOPT_UNLOCKFUNC", "function", CURLSHOPT_UNLOCKFUNC, MARK_WORKS},
    {"CURLSHOPT_USERDATA",   "pointer",  CURLSHOPT_USERDATA,   MARK_WORKS},
};

const struct option_entry *share_option_entry(size_t place)
{
    return place < sizeof(entries) / sizeof(entries[0]) ? &entries[place] : NULL;
}

/* Nobody uses the object now, and whoever sets it up must not let anybody begin meanwhile: no lock
 * is needed. */
static CURLSHcode set(struct share *s, CURLSHoption option, va_list arguments)
{
    switch (option) {
    case CURLSHOPT_SHARE:
        return add_store(s, (curl_lock_data)va_arg(arguments, int));
    case CURLSHOPT_UNSHARE:
        return remove_store(s, (curl_lock_data)va_arg(arguments, int));
    case CURLSHOPT_LOCKFUNC:
        s->lock_function = va_arg(arguments, curl_lock_function);
        return CURLSHE_OK;
    case CURLSHOPT_UNLOCKFUNC:
        s->unlock_function = va_arg(arguments, curl_unlock_function);
        return CURLSHE_OK;
    case CURLSHOPT_USERDATA:
        s->user_data = va_arg(arguments, void *);
        return CURLSHE_OK;
    default:
        return CURLSHE_BAD_OPTION;
    }
}

#undef curl_share_setopt
CURLSHcode curl_share_setopt(CURLSH *handle, CURLSHoption option, ...)
{
    struct share *s = share_of(handle);
    va_list arguments;
    CURLSHcode result;

    if (!s)
        return CURLSHE_INVALID;
    if (is_used(s))
        return CURLSHE_IN_USE;
    va_start(arguments, option);
    result = set(s, option, arguments);
    va_end(arguments);
    return result;
}

CURLSHcode curl_share_cleanup(CURLSH *handle)
{
    struct share *s = share_of(handle);
    bool used;

    if (!s)
        return CURLSHE_INVALID;
    share_lock(s, NULL, CURL_LOCK_DATA_SHARE);
    lock_take(&s->lock);
    used = s->users > 0;
    if (!used)
        s->magic = 0;
    lock_drop(&s->lock);
    share_unlock(s, NULL, CURL_LOCK_DATA_SHARE);
    if (used)
        return CURLSHE_IN_USE;
    pool_unref(s->pool);
    dns_cache_unref(s->dns);
    tls_sessions_unref(s->sessions);
    cookies_unref(s->cookies);
    suffixes_unref(s->suffixes);
    hsts_store_unref(s->hsts);
    lock_release(&s->lock);
    mem_free(s);
    return CURLSHE_OK;
}
