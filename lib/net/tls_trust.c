/* SPDX-License-Identifier: MIT */
/* Trust stores. Reading the system's bundle takes some 50 ms, so it is done once in the process for
 * all who have the same sources, and again when a file has changed or the store is older than the
 * settings allow. Who comes while another thread reads waits for it: that is rare and short, and
 * the alternative is to read it as well. No lock is held while files are read.
 *
 * In a child of fork the stores are left where they are: a thread of the parent may have held the
 * locks inside them. */
#include "base/clock.h"
#include "base/mem.h"
#include "net/tls_state.h"
#include "runtime/fork_guard.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#ifndef CURLPOOL_CA_BUNDLE
#define CURLPOOL_CA_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#endif
#ifndef CURLPOOL_CA_PATH
#define CURLPOOL_CA_PATH "/etc/ssl/certs"
#endif

enum { STORES_MOST = 32 };

struct tls_trust {
    atomic_int references;

    /* Fixed once it is loaded. */
    X509_STORE *store;
    struct tls_stamp file, path, crl;
    int64_t loaded; /* when */

    /* Under the lock. */
    struct list_link link;
    struct buf key;
    bool loading;
};

static struct lock trusts_lock = LOCK_INITIALIZER(LOCK_TRUST);
static pthread_cond_t loaded_condition = PTHREAD_COND_INITIALIZER;
static struct list trusts = {
    {&trusts.head, &trusts.head}
}; /* under trusts_lock; latest first */

static void forget_in_child(struct fork_guard *guard)
{
    static const pthread_cond_t fresh = PTHREAD_COND_INITIALIZER;

    (void)guard;
    loaded_condition = fresh;
    list_init(&trusts);
}

static void guard_trusts(void)
{
    static struct fork_guard guard = {.lock = &trusts_lock, .in_child = forget_in_child};

    fork_guard_open(&guard);
}

/* ---- Sources ---- */

const char *tls_ca_file(const struct tls_settings *s)
{
    return s->ca_file_set ? rstr_text(s->ca_file) : CURLPOOL_CA_BUNDLE;
}

const char *tls_ca_path(const struct tls_settings *s)
{
    return s->ca_path_set ? rstr_text(s->ca_path) : CURLPOOL_CA_PATH;
}

/* The bytes replace the file. */
static const char *file_of(const struct tls_settings *s)
{
    return s->ca_blob ? NULL : tls_ca_file(s);
}

static bool is_partial_allowed(const struct tls_settings *s)
{
    return !(s->options & CURLSSLOPT_NO_PARTIALCHAIN);
}

static void add_part(struct buf *key, const char *text)
{
    buf_printf(key, "%d:%s,", text ? (int)strlen(text) : -1, text ? text : "");
}

static bool write_key(const struct tls_settings *s, struct buf *key)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    add_part(key, file_of(s));
    add_part(key, tls_ca_path(s));
    add_part(key, rstr_text(s->crl_file));
    buf_append_char(key, is_partial_allowed(s) ? 'p' : 'f');
    if (s->ca_blob &&
        !EVP_Digest(s->ca_blob->bytes, s->ca_blob->len, digest, &len, EVP_sha256(), NULL))
        return false;
    return buf_append(key, digest, len);
}

static bool is_fresh(const struct tls_trust *t, const struct tls_settings *s)
{
    struct tls_stamp file = tls_stamp_of(file_of(s)), path = tls_stamp_of(tls_ca_path(s)),
                     crl = tls_stamp_of(rstr_text(s->crl_file));

    if (s->ca_cache_timeout_s >= 0 &&
        clock_now() - t->loaded > s->ca_cache_timeout_s * CLOCK_SECOND)
        return false;
    return tls_stamp_equal(&file, &t->file) && tls_stamp_equal(&path, &t->path) &&
           tls_stamp_equal(&crl, &t->crl);
}

/* ---- Loading ---- */

static CURLcode load_blob(X509_STORE *store, const struct rstr *blob, const struct net_hooks *hooks)
{
    BIO *bio = tls_bytes_open(blob);
    STACK_OF(X509_INFO) *list = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
    int count = 0;

    for (int i = 0; i < sk_X509_INFO_num(list); i++) {
        const X509_INFO *item = sk_X509_INFO_value(list, i);

        if (item->x509 && X509_STORE_add_cert(store, item->x509))
            count++;
        if (item->crl)
            X509_STORE_add_crl(store, item->crl);
    }
    sk_X509_INFO_pop_free(list, X509_INFO_free);
    BIO_free(bio);
    ERR_clear_error();
    return count ? CURLE_OK
                 : TLS_FAIL(hooks, CURLE_SSL_CACERT_BADFILE, "error importing CA certificate blob");
}

static CURLcode load_crl(X509_STORE *store, const char *file, const struct net_hooks *hooks)
{
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

    if (!lookup || !X509_load_crl_file(lookup, file, X509_FILETYPE_PEM)) {
        ERR_clear_error();
        return TLS_FAIL(hooks, CURLE_SSL_CRL_BADFILE, "error loading CRL file: %s", file);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return CURLE_OK;
}

static CURLcode load_into(X509_STORE *store, const struct tls_settings *s,
                          const struct net_hooks *hooks)
{
    const char *file = file_of(s), *path = tls_ca_path(s);
    CURLcode result = CURLE_OK;

    ERR_clear_error();
    if (s->ca_blob)
        result = load_blob(store, s->ca_blob, hooks);
    else if (file && !X509_STORE_load_file(store, file))
        result =
            TLS_FAIL(hooks, CURLE_SSL_CACERT_BADFILE, "error setting certificate file: %s", file);
    if (!result && path && !X509_STORE_load_path(store, path))
        result =
            TLS_FAIL(hooks, CURLE_SSL_CACERT_BADFILE, "error setting certificate path: %s", path);
    if (!result && s->crl_file)
        result = load_crl(store, s->crl_file->bytes, hooks);
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST);
    if (is_partial_allowed(s))
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    ERR_clear_error();
    return result;
}

static CURLcode load(struct tls_trust *t, const struct tls_settings *s,
                     const struct net_hooks *hooks)
{
    /* Before reading: what changes meanwhile is read again next time. */
    t->file = tls_stamp_of(file_of(s));
    t->path = tls_stamp_of(tls_ca_path(s));
    t->crl = tls_stamp_of(rstr_text(s->crl_file));
    t->loaded = clock_now();
    t->store = X509_STORE_new();
    return t->store ? load_into(t->store, s, hooks) : CURLE_OUT_OF_MEMORY;
}

/* ---- Which are there ---- */

static struct tls_trust *find_locked(const struct buf *key) REQUIRES(trusts_lock)
{
    list_for_each (link, &trusts) {
        struct tls_trust *t = CONTAINER_OF(link, struct tls_trust, link);
        if (str_equal((struct str){t->key.bytes, t->key.len}, (struct str){key->bytes, key->len}))
            return t;
    }
    return NULL;
}

/* Takes it out of the list, whose reference the caller has then. */
static struct tls_trust *unlist_locked(struct tls_trust *t) REQUIRES(trusts_lock)
{
    if (!t || !list_linked(&t->link))
        return NULL;
    list_remove(&t->link);
    return t;
}

/* Lists it as being loaded; returns one that has to go for it. */
static struct tls_trust *list_locked(struct tls_trust *t) REQUIRES(trusts_lock)
{
    struct tls_trust *oldest = NULL;
    int count = 0;

    list_for_each (link, &trusts) {
        struct tls_trust *each = CONTAINER_OF(link, struct tls_trust, link);
        if (!each->loading)
            oldest = each;
        count++;
    }
    t->loading = true;
    list_prepend(&trusts, &tls_trust_ref(t)->link);
    return count >= STORES_MOST ? unlist_locked(oldest) : NULL;
}

/* The one with this key when nobody is loading it any more; NULL for none. */
static struct tls_trust *look(const struct buf *key) REQUIRES(trusts_lock)
{
    struct tls_trust *t;

    while ((t = find_locked(key)) && t->loading)
        lock_wait(&trusts_lock, &loaded_condition);
    return t ? tls_trust_ref(t) : NULL;
}

/* The caller is the one that loads it. */
static CURLcode load_listed(struct tls_trust *t, const struct tls_settings *s,
                            const struct net_hooks *hooks)
{
    struct tls_trust *failed = NULL;
    CURLcode result = load(t, s, hooks);

    lock_take(&trusts_lock);
    t->loading = false;
    if (result)
        failed = unlist_locked(t);
    pthread_cond_broadcast(&loaded_condition);
    lock_drop(&trusts_lock);
    tls_trust_unref(failed);
    return result;
}

/* `mine` is a new one with its key. Gives one that is there and fresh, or lists mine. */
static struct tls_trust *find_or_list(struct tls_trust *mine, const struct tls_settings *s)
{
    struct tls_trust *t, *stale, *evicted;

    for (;;) {
        lock_take(&trusts_lock);
        t = look(&mine->key);
        if (!t)
            break;
        lock_drop(&trusts_lock);
        if (is_fresh(t, s))
            return t;
        lock_take(&trusts_lock);
        stale = unlist_locked(t);
        lock_drop(&trusts_lock);
        tls_trust_unref(stale);
        tls_trust_unref(t);
    }
    evicted = list_locked(mine);
    lock_drop(&trusts_lock);
    tls_trust_unref(evicted);
    return NULL;
}

CURLcode tls_trust_get(const struct tls_settings *s, const struct net_hooks *hooks,
                       struct tls_trust **ret_trust)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct tls_trust *mine = mem_calloc(1, sizeof(*mine)), *found = NULL;
    CURLcode result = CURLE_OK;

    pthread_once(&once, guard_trusts);
    if (!mine)
        return CURLE_OUT_OF_MEMORY;
    mine->references = 1;
    if (!write_key(s, &mine->key))
        result = CURLE_OUT_OF_MEMORY;
    else if (s->ca_cache_timeout_s == 0)
        result = load(mine, s, hooks);
    else if (!(found = find_or_list(mine, s)))
        result = load_listed(mine, s, hooks);
    if (result || found)
        tls_trust_unref(mine);
    if (!result)
        *ret_trust = found ? found : mine;
    return result;
}

struct tls_trust *tls_trust_ref(struct tls_trust *t)
{
    atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
    return t;
}

void tls_trust_unref(struct tls_trust *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->references, 1, memory_order_acq_rel) > 1)
        return;
    X509_STORE_free(t->store);
    buf_release(&t->key);
    mem_free(t);
}

X509_STORE *tls_trust_store(const struct tls_trust *t)
{
    return t->store;
}

void tls_trust_forget_all(void)
{
    struct list all;

    list_init(&all);
    lock_take(&trusts_lock);
    list_splice(&all, &trusts);
    lock_drop(&trusts_lock);
    list_for_each (link, &all)
        tls_trust_unref(CONTAINER_OF(link, struct tls_trust, link));
}

/* ---- What others make of it ---- */

static bool copy_objects(X509_STORE *from, X509_STORE *to)
{
    bool done = true;

    X509_STORE_lock(from);
    for (int i = 0; done && i < sk_X509_OBJECT_num(X509_STORE_get0_objects(from)); i++) {
        X509_OBJECT *object = sk_X509_OBJECT_value(X509_STORE_get0_objects(from), i);

        if (X509_OBJECT_get_type(object) == X509_LU_X509)
            done = X509_STORE_add_cert(to, X509_OBJECT_get0_X509(object));
        else if (X509_OBJECT_get_type(object) == X509_LU_CRL)
            done = X509_STORE_add_crl(to, X509_OBJECT_get0_X509_CRL(object));
    }
    X509_STORE_unlock(from);
    return done && X509_STORE_set1_param(to, X509_STORE_get0_param(from));
}

X509_STORE *tls_trust_copy(const struct tls_trust *t, const struct tls_settings *s)
{
    X509_STORE *copy = X509_STORE_new();
    const char *path = tls_ca_path(s);

    if (copy && copy_objects(t->store, copy) && (!path || X509_STORE_load_path(copy, path)))
        return copy;
    X509_STORE_free(copy);
    return NULL;
}

bool tls_trust_identity(const struct tls_trust *t, struct buf *identity)
{
    return buf_append(identity, &t->file, sizeof(t->file)) &&
           buf_append(identity, &t->path, sizeof(t->path)) &&
           buf_append(identity, &t->crl, sizeof(t->crl));
}
