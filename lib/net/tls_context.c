/* SPDX-License-Identifier: MIT */
/* SSL_CTX: one for each configuration in use on a worker, so that threads do not meet in OpenSSL's
 * locks. Contexts of a worker that has ended are kept for the next one: programs that use
 * curl_easy_perform have a worker of their own for each handle. What was read from files is in the
 * context, so a context is good as long as the files are the same. */
#include "base/mem.h"
#include "net/tls_state.h"
#include "runtime/fork_guard.h"
#include "runtime/worker.h"

#include <openssl/err.h>
#include <openssl/evp.h>

enum {
    WORKER_CONTEXTS_MOST = 16,
    SPARE_CONTEXTS_MOST = 32,
    /* Four records and their heads with one receive: 10 to 15% less CPU in a download. The buffer
     * is there only while bytes are (SSL_MODE_RELEASE_BUFFERS). */
    READ_BUFFER = 4 * (16384 + 256),
};

struct context {
    struct list_link link; /* of its worker's list, or of the spare ones */
    struct buf key;
    struct tls_trust *trust; /* NULL: nothing is verified */
    struct tls_stamp cert, key_file;
    SSL_CTX *ssl_ctx;
};

struct contexts {
    struct list list; /* latest first */
    int count;
};

static struct lock spares_lock = LOCK_INITIALIZER(LOCK_TRUST);
static struct contexts spares = {{{&spares.list.head, &spares.list.head}}, 0}; /* under the lock */

/* ---- Keys ---- */

static void add_text(struct buf *key, const struct rstr *s)
{
    buf_append_number(key, s ? (long long)s->len : -1);
    buf_append_char(key, ':');
    if (s)
        buf_append(key, s->bytes, s->len);
}

/* Bytes of any length go in as their digest. */
static void add_blob(struct buf *key, const struct rstr *s)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (s && !EVP_Digest(s->bytes, s->len, digest, &len, EVP_sha256(), NULL))
        key->failed = true;
    buf_append_char(key, s ? 'b' : 'n');
    buf_append(key, digest, len);
}

static void add_number(struct buf *key, long number)
{
    buf_append_number(key, number);
    buf_append_char(key, ',');
}

static void add_numbers(struct buf *key, const struct tls_settings *s)
{
    add_number(key, s->verify_peer | s->verify_host << 1 | s->verify_status << 2 |
                        s->session_cache << 3 | s->alpn << 4 | s->certinfo << 5 |
                        s->ca_file_set << 6 | s->ca_path_set << 7);
    add_number(key, s->version_min);
    add_number(key, s->version_max);
    add_number(key, s->options);
}

bool tls_settings_key(const struct tls_settings *s, struct buf *key)
{
    const struct rstr *texts[] = {
        s->ca_file,    s->ca_path,  s->crl_file, s->issuer_file, s->cert,   s->cert_type,
        s->key,        s->key_type, s->ciphers,  s->ciphers13,   s->curves, s->signature_algorithms,
        s->pinned_key,
    };
    const struct rstr *blobs[] = {s->ca_blob, s->issuer_blob, s->cert_blob, s->key_blob,
                                  s->key_password};

    add_numbers(key, s);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        add_text(key, texts[i]);
    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++)
        add_blob(key, blobs[i]);
    return !buf_failed(key);
}

/* ---- Making one ---- */

/* CURL_SSLVERSION_* as OpenSSL has them; 0 for the library's own. */
static int least_version(long version)
{
    switch (version) {
    case CURL_SSLVERSION_TLSv1:
    case CURL_SSLVERSION_TLSv1_0:
        return TLS1_VERSION;
    case CURL_SSLVERSION_TLSv1_1:
        return TLS1_1_VERSION;
    case CURL_SSLVERSION_TLSv1_3:
        return TLS1_3_VERSION;
    default:
        return TLS1_2_VERSION;
    }
}

static int greatest_version(long version)
{
    switch (version) {
    case CURL_SSLVERSION_MAX_TLSv1_0:
        return TLS1_VERSION;
    case CURL_SSLVERSION_MAX_TLSv1_1:
        return TLS1_1_VERSION;
    case CURL_SSLVERSION_MAX_TLSv1_2:
        return TLS1_2_VERSION;
    case CURL_SSLVERSION_MAX_TLSv1_3:
        return TLS1_3_VERSION;
    default:
        return 0;
    }
}

static CURLcode set_versions(SSL_CTX *c, const struct tls_settings *s,
                             const struct net_hooks *hooks)
{
    int least = least_version(s->version_min), greatest = greatest_version(s->version_max);

    if (s->version_min == CURL_SSLVERSION_SSLv2 || s->version_min == CURL_SSLVERSION_SSLv3)
        return TLS_FAIL(hooks, CURLE_SSL_CONNECT_ERROR, "No SSLv2 or SSLv3 support");
    if (!SSL_CTX_set_min_proto_version(c, least) || !SSL_CTX_set_max_proto_version(c, greatest))
        return TLS_FAIL(hooks, CURLE_SSL_CONNECT_ERROR, "TLS version not supported");
    return CURLE_OK;
}

static CURLcode set_algorithms(SSL_CTX *c, const struct tls_settings *s,
                               const struct net_hooks *hooks)
{
    const char *ciphers = rstr_text(s->ciphers), *suites = rstr_text(s->ciphers13);
    /* OpenSSL's macros take the const away; nothing is written. */
    char *curves = s->curves ? s->curves->bytes : NULL;
    char *signatures = s->signature_algorithms ? s->signature_algorithms->bytes : NULL;

    if (ciphers && !SSL_CTX_set_cipher_list(c, ciphers))
        return TLS_FAIL(hooks, CURLE_SSL_CIPHER, "failed setting cipher list: %s", ciphers);
    if (suites && !SSL_CTX_set_ciphersuites(c, suites))
        return TLS_FAIL(hooks, CURLE_SSL_CIPHER, "failed setting TLS 1.3 cipher suite: %s", suites);
    if (curves && !SSL_CTX_set1_curves_list(c, curves))
        return TLS_FAIL(hooks, CURLE_SSL_CIPHER, "failed setting curves list: '%s'", curves);
    if (signatures && !SSL_CTX_set1_sigalgs_list(c, signatures))
        return TLS_FAIL(hooks, CURLE_SSL_CIPHER, "failed setting signature algorithms: '%s'",
                        signatures);
    return CURLE_OK;
}

/* A session or ticket has come; the stream knows where to keep it. */
static int session_arrived(SSL *ssl, SSL_SESSION *session)
{
    struct tls_stream *t = tls_bio_stream(SSL_get_rbio(ssl));

    if (t->sessions)
        tls_sessions_put(t->sessions, (struct str){t->session_key.bytes, t->session_key.len},
                         session);
    return 0; /* OpenSSL keeps its own */
}

static void set_modes(SSL_CTX *c, const struct tls_settings *s)
{
    uint64_t options = SSL_OP_ALL | SSL_OP_NO_COMPRESSION;

    if (!(s->options & CURLSSLOPT_ALLOW_BEAST))
        options &= ~(uint64_t)SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS;
    SSL_CTX_set_options(c, options);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c, 1);
    SSL_CTX_set_default_read_buffer_len(c, READ_BUFFER);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, session_arrived);
    SSL_CTX_set_verify(c, s->verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    tls_keylog_attach(c);
}

static CURLcode set_trust(SSL_CTX *c, struct tls_trust *trust, const struct tls_settings *s,
                          bool alone)
{
    X509_STORE *copy;

    if (!trust)
        return CURLE_OK;
    if (!alone) {
        SSL_CTX_set1_cert_store(c, tls_trust_store(trust));
        return CURLE_OK;
    }
    /* The program may add certificates: to this connection's store, not to everybody's. */
    copy = tls_trust_copy(trust, s);
    if (!copy)
        return CURLE_OUT_OF_MEMORY;
    SSL_CTX_set_cert_store(c, copy);
    return CURLE_OK;
}

static CURLcode make(const struct tls_settings *s, struct tls_trust *trust, bool alone,
                     const struct net_hooks *hooks, SSL_CTX **ret)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    CURLcode result;

    if (!c)
        return CURLE_OUT_OF_MEMORY;
    set_modes(c, s);
    result = set_versions(c, s, hooks);
    if (!result)
        result = set_algorithms(c, s, hooks);
    if (!result)
        result = set_trust(c, trust, s, alone);
    if (!result)
        result = tls_use_client_cert(c, s, hooks);
    ERR_clear_error();
    if (result)
        SSL_CTX_free(c);
    else
        *ret = c;
    return result;
}

/* ---- Keeping them ---- */

static void context_free(struct context *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ssl_ctx);
    tls_trust_unref(c->trust);
    buf_release(&c->key);
    mem_free(c);
}

static struct context *contexts_find(struct contexts *all, const struct buf *key)
{
    list_for_each (link, &all->list) {
        struct context *c = CONTAINER_OF(link, struct context, link);
        if (str_equal((struct str){c->key.bytes, c->key.len}, (struct str){key->bytes, key->len}))
            return c;
    }
    return NULL;
}

static void contexts_remove(struct contexts *all, struct context *c)
{
    list_remove(&c->link);
    all->count--;
}

/* Returns the one that has to go for it. */
static struct context *contexts_add(struct contexts *all, struct context *c, int most)
{
    struct context *last = NULL;

    if (all->count >= most) {
        last = CONTAINER_OF(list_last(&all->list), struct context, link);
        contexts_remove(all, last);
    }
    list_prepend(&all->list, &c->link);
    all->count++;
    return last;
}

static void forget_spares_in_child(struct fork_guard *guard)
{
    (void)guard;
    list_init(&spares.list);
    spares.count = 0;
}

static void guard_spares(void)
{
    static struct fork_guard guard = {.lock = &spares_lock, .in_child = forget_spares_in_child};

    fork_guard_open(&guard);
}

/* Its worker ends. */
static void contexts_retire(void *argument)
{
    struct contexts *all = argument;
    struct list_link *link;

    while ((link = list_take_first(&all->list))) {
        struct context *last;

        lock_take(&spares_lock);
        last = contexts_add(&spares, CONTAINER_OF(link, struct context, link), SPARE_CONTEXTS_MOST);
        lock_drop(&spares_lock);
        context_free(last);
    }
    mem_free(all);
}

void tls_contexts_forget_all(void)
{
    struct list all;

    list_init(&all);
    lock_take(&spares_lock);
    list_splice(&all, &spares.list);
    spares.count = 0;
    lock_drop(&spares_lock);
    list_for_each (link, &all)
        context_free(CONTAINER_OF(link, struct context, link));
}

/* The current worker's. */
static struct contexts *contexts_here(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const char key;
    struct worker *worker = worker_current();
    struct contexts *all = worker_local(worker, &key);

    if (all)
        return all;
    pthread_once(&once, guard_spares);
    all = mem_calloc(1, sizeof(*all));
    if (!all)
        return NULL;
    list_init(&all->list);
    if (worker_local_set(worker, &key, all, contexts_retire))
        return all;
    mem_free(all);
    return NULL;
}

/* Takes one with this key out of the spare ones. */
static struct context *take_spare(const struct buf *key)
{
    struct context *c;

    lock_take(&spares_lock);
    c = contexts_find(&spares, key);
    if (c)
        contexts_remove(&spares, c);
    lock_drop(&spares_lock);
    return c;
}

static struct tls_stamp key_stamp(const struct tls_settings *s)
{
    return tls_stamp_of(rstr_text(s->key_blob ? NULL : s->key));
}

static struct tls_stamp cert_stamp(const struct tls_settings *s)
{
    return tls_stamp_of(rstr_text(s->cert_blob ? NULL : s->cert));
}

static bool is_fresh(const struct context *c, const struct tls_settings *s,
                     const struct tls_trust *trust)
{
    struct tls_stamp cert = cert_stamp(s), key = key_stamp(s);

    return c->trust == trust && tls_stamp_equal(&c->cert, &cert) &&
           tls_stamp_equal(&c->key_file, &key);
}

static CURLcode context_new(const struct tls_settings *s, struct tls_trust *trust, struct buf *key,
                            const struct net_hooks *hooks, struct context **ret)
{
    struct context *c = mem_calloc(1, sizeof(*c));
    CURLcode result;

    if (!c)
        return CURLE_OUT_OF_MEMORY;
    c->cert = cert_stamp(s);
    c->key_file = key_stamp(s);
    c->trust = trust ? tls_trust_ref(trust) : NULL;
    c->key = *key;
    *key = (struct buf){0};
    result = make(s, trust, false, hooks, &c->ssl_ctx);
    if (result)
        context_free(c);
    else
        *ret = c;
    return result;
}

/* One of this worker's that is fresh, or a spare one, or a new one. */
static CURLcode find_or_make(struct contexts *all, const struct tls_settings *s,
                             struct tls_trust *trust, const struct net_hooks *hooks,
                             struct context **ret)
{
    scoped(buf) key = {0};
    struct context *c;
    CURLcode result;

    if (!tls_settings_key(s, &key))
        return CURLE_OUT_OF_MEMORY;
    c = contexts_find(all, &key);
    if (c)
        contexts_remove(all, c);
    else
        c = take_spare(&key);
    if (c && !is_fresh(c, s, trust)) {
        context_free(c);
        c = NULL;
    }
    if (!c) {
        result = context_new(s, trust, &key, hooks, &c);
        if (result)
            return result;
    }
    context_free(contexts_add(all, c, WORKER_CONTEXTS_MOST));
    *ret = c;
    return CURLE_OK;
}

static bool write_identity(const struct tls_settings *s, const struct tls_trust *trust,
                           struct buf *identity)
{
    struct tls_stamp cert = cert_stamp(s), key = key_stamp(s);

    return (!trust || tls_trust_identity(trust, identity)) &&
           buf_append(identity, &cert, sizeof(cert)) && buf_append(identity, &key, sizeof(key));
}

static CURLcode get_shared(const struct tls_settings *s, struct tls_trust *trust,
                           const struct net_hooks *hooks, SSL_CTX **ret)
{
    struct contexts *all = contexts_here();
    struct context *c;
    CURLcode result = all ? find_or_make(all, s, trust, hooks, &c) : CURLE_OUT_OF_MEMORY;

    if (result)
        return result;
    SSL_CTX_up_ref(c->ssl_ctx);
    *ret = c->ssl_ctx;
    return CURLE_OK;
}

CURLcode tls_context_get(const struct tls_settings *s, bool alone, const struct net_hooks *hooks,
                         SSL_CTX **ret_context, struct buf *identity)
{
    struct tls_trust *trust = NULL;
    bool trusts = s->verify_peer || s->verify_status;
    CURLcode result = trusts ? tls_trust_get(s, hooks, &trust) : CURLE_OK;

    if (!result && !write_identity(s, trust, identity))
        result = CURLE_OUT_OF_MEMORY;
    if (!result && alone)
        result = make(s, trust, true, hooks, ret_context);
    else if (!result)
        result = get_shared(s, trust, hooks, ret_context);
    tls_trust_unref(trust);
    return result;
}
