/* SPDX-License-Identifier: MIT */
/* The handshake, and the stream that is TLS on top of another stream. OpenSSL runs in tries: it
 * says which direction of the stream below it wants, and the fiber waits outside of it, so its
 * error queue is never carried over a wait. */
#include "net/tls.h"

#include "base/mem.h"
#include "net/tls_state.h"
#include "net/tls_tickets.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <string.h>

/* ---- The stream ---- */

static struct tls_stream *tls_of(struct stream *s)
{
    return CONTAINER_OF(s, struct tls_stream, stream);
}

/* Before a call of OpenSSL. */
static void begin(struct tls_stream *t)
{
    t->below_result = CURLE_OK;
    ERR_clear_error();
}

/* What to wait for after SSL_ERROR_WANT_READ or _WRITE; 0 for another error. */
static unsigned needs_of(const struct tls_stream *t, int ssl_error)
{
    if (ssl_error == SSL_ERROR_WANT_READ)
        return t->stream.below->recv_needs;
    return ssl_error == SSL_ERROR_WANT_WRITE ? t->stream.below->send_needs : 0;
}

/* One record, or less. */
static CURLcode recv_some(struct tls_stream *t, void *bytes, size_t len, size_t *ret_len)
{
    int done, error;
    unsigned needs;

    begin(t);
    done = SSL_read_ex(t->ssl, bytes, len, ret_len);
    if (done)
        return CURLE_OK;
    error = SSL_get_error(t->ssl, done);
    *ret_len = 0;
    if (error == SSL_ERROR_ZERO_RETURN)
        return CURLE_OK;
    needs = needs_of(t, error);
    if (needs) {
        t->stream.recv_needs = needs;
        return CURLE_AGAIN;
    }
    t->broken = true;
    tls_note_failure(t, error, "SSL_read");
    return CURLE_RECV_ERROR;
}

/* A failure behind bytes is told with the next call: it lasts. */
static CURLcode tls_try_recv(struct stream *s, void *bytes, size_t len, size_t *ret_len)
{
    struct tls_stream *t = tls_of(s);
    CURLcode result;
    size_t total = 0;

    *ret_len = 0;
    if (t->broken)
        return CURLE_RECV_ERROR;
    if (!len)
        return CURLE_OK;
    do {
        size_t got;

        result = recv_some(t, (char *)bytes + total, len - total, &got);
        if (result || !got)
            break;
        total += got;
    } while (total < len && SSL_has_pending(t->ssl));
    *ret_len = total;
    return total ? CURLE_OK : result;
}

static CURLcode tls_try_send(struct stream *s, const void *bytes, size_t len, size_t *ret_len)
{
    struct tls_stream *t = tls_of(s);
    int done, error;
    unsigned needs;

    *ret_len = 0;
    if (t->broken || t->mute)
        return CURLE_SEND_ERROR;
    if (!len)
        return CURLE_OK;
    begin(t);
    done = SSL_write_ex(t->ssl, bytes, len, ret_len);
    if (done)
        return CURLE_OK;
    error = SSL_get_error(t->ssl, done);
    needs = needs_of(t, error);
    if (needs) {
        s->send_needs = needs;
        return CURLE_AGAIN;
    }
    t->mute = true;
    tls_note_failure(t, error, "SSL_write");
    return CURLE_SEND_ERROR;
}

/* Part of a record counts too, and what TLS below has: better to try once in vain than to wait for
 * bytes that are here. So does an end or a failure that came with the last bytes: nothing more need
 * come from the socket. */
static bool tls_has_pending(const struct stream *s)
{
    const struct tls_stream *t =
        CONTAINER_OF((struct stream *)(uintptr_t)s, struct tls_stream, stream);

    return t->broken || SSL_has_pending(t->ssl) || tls_away_has_pending(t) ||
           (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN) != 0 ||
           s->below->kind->has_pending(s->below);
}

/* Tickets may have come; they are taken in. Bytes or an end mean that it is over. */
static bool tls_seems_alive(struct stream *s)
{
    struct tls_stream *t = tls_of(s);
    int done, error;
    char byte;
    size_t got;

    if (t->broken || t->mute || SSL_get_shutdown(t->ssl) || SSL_pending(t->ssl))
        return false;
    if (s->below->kind->seems_alive(s->below) && !SSL_has_pending(t->ssl) &&
        !tls_away_has_pending(t))
        return true;
    if (s->watch->worker)
        s->watch->ready |= WAIT_READ; /* the look below has seen something */
    begin(t);
    done = SSL_peek_ex(t->ssl, &byte, 1, &got);
    error = SSL_get_error(t->ssl, done);
    ERR_clear_error();
    if (!done && needs_of(t, error))
        return true;
    t->broken = !done && error != SSL_ERROR_ZERO_RETURN;
    return false;
}

static void tls_quiet(struct stream *s)
{
    (void)SSL_free_buffers(tls_of(s)->ssl);
    s->below->kind->quiet(s->below);
}

static void tls_shut(struct stream *s)
{
    struct tls_stream *t = tls_of(s);

    if (!t->broken && !t->mute && SSL_is_init_finished(t->ssl)) {
        begin(t);
        (void)SSL_shutdown(t->ssl);
        ERR_clear_error();
    }
    s->below->kind->shut(s->below);
}

static void tls_free(struct stream *s)
{
    struct tls_stream *t = tls_of(s);

    if (t->ssl) {
        /* The session is good still, whatever became of the connection. */
        SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(t->ssl);
    }
    stream_free(s->below);
    tls_away_free(t->away);
    tls_sessions_unref(t->sessions);
    buf_release(&t->session_key);
    mem_free(t);
}

static const struct stream_kind tls_kind = {
    .name = "tls",
    .try_recv = tls_try_recv,
    .try_send = tls_try_send,
    .has_pending = tls_has_pending,
    .seems_alive = tls_seems_alive,
    .quiet = tls_quiet,
    .shut = tls_shut,
    .free = tls_free,
};

/* ---- Before the handshake ---- */

bool tls_is_address(const char *host)
{
    unsigned char room[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, room) == 1 || inet_pton(AF_INET6, host, room) == 1;
}

/* Server Name Indication (RFC 6066, section 3): for names, without a dot at their end. */
static bool offer_name(SSL *ssl, const char *host)
{
    scoped(buf) name = {0};

    if (tls_is_address(host))
        return true;
    buf_append_text(&name, host);
    if (name.len && name.bytes[name.len - 1] == '.')
        name.bytes[--name.len] = '\0';
    if (buf_failed(&name))
        return false;
    /* A name that is too long for the extension is not offered. */
    if (name.len && name.len <= TLSEXT_MAXLEN_host_name)
        return SSL_set_tlsext_host_name(ssl, name.bytes) == 1;
    return true;
}

/* "h2,http/1.1" as RFC 7301 has it: each with its length in front. */
static bool offer_protocols(SSL *ssl, const char *list)
{
    scoped(buf) wire = {0};

    while (*list) {
        size_t len = strcspn(list, ",");

        if (len > 0 && len < 256) {
            buf_append_char(&wire, (char)len);
            buf_append(&wire, list, len);
        }
        list += len + (list[len] == ',');
    }
    if (buf_failed(&wire))
        return false;
    return !wire.len ||
           SSL_set_alpn_protos(ssl, (unsigned char *)wire.bytes, (unsigned)wire.len) == 0;
}

/* Where the peer's sessions are kept, and one to resume. */
static CURLcode use_sessions(struct tls_stream *t, const struct tls_peer *peer,
                             const struct tls_settings *s, const struct buf *identity)
{
    SSL_SESSION *session;

    if (!tls_ticket_key(peer, s, identity, &t->session_key))
        return CURLE_OUT_OF_MEMORY;
    t->sessions = tls_sessions_ref(peer->sessions);
    session =
        tls_sessions_take(t->sessions, (struct str){t->session_key.bytes, t->session_key.len});
    if (session) {
        (void)SSL_set_session(t->ssl, session); /* without it the handshake is a full one */
        SSL_SESSION_free(session);
    }
    return CURLE_OK;
}

static CURLcode prepare(struct tls_stream *t, SSL_CTX *context, const struct tls_peer *peer,
                        const struct tls_settings *s)
{
    BIO *bio;

    ERR_clear_error();
    t->ssl = SSL_new(context);
    bio = t->ssl ? tls_bio_new(t) : NULL;
    if (!bio)
        return CURLE_OUT_OF_MEMORY;
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_connect_state(t->ssl);
    if (!offer_name(t->ssl, peer->host))
        return CURLE_OUT_OF_MEMORY;
    if (s->alpn && peer->alpn && !offer_protocols(t->ssl, peer->alpn))
        return CURLE_OUT_OF_MEMORY;
    if (s->verify_status && !SSL_set_tlsext_status_type(t->ssl, TLSEXT_STATUSTYPE_ocsp))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

/* ---- The handshake ---- */

static void log_offer(const struct tls_peer *peer, const struct tls_settings *s,
                      const struct net_hooks *hooks)
{
    const char *file = tls_ca_file(s), *path = tls_ca_path(s);

    if (s->alpn && peer->alpn)
        TLS_LOG(hooks, "ALPN: curl offers %s", peer->alpn);
    if (!s->verify_peer)
        return;
    if (file && !s->ca_blob)
        TLS_LOG(hooks, " CAfile: %s", file);
    if (path)
        TLS_LOG(hooks, " CApath: %s", path);
}

static void note_protocol(SSL *ssl, bool offered, const struct net_hooks *hooks,
                          struct tls_result *r)
{
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(ssl, &name, &len);
    if (name && len < sizeof(r->alpn)) {
        memcpy(r->alpn, name, len);
        r->alpn[len] = '\0';
    }
    if (!offered)
        return;
    if (len)
        TLS_LOG(hooks, "ALPN: server accepted %.*s", (int)len, (const char *)name);
    else
        TLS_LOG(hooks, "ALPN: server did not agree on a protocol. Uses default.");
}

static WAITS CURLcode shake_hands(struct tls_stream *t, const struct tls_peer *peer,
                                  const struct net_hooks *hooks, int64_t deadline)
{
    struct stream *below = t->stream.below;

    tls_trace_begin(t->ssl, hooks);
    for (;;) {
        unsigned resumes = hooks->resumes ? hooks->resumes(hooks->owner) : 0;
        CURLcode result;
        int done, error;

        begin(t);
        done = SSL_connect(t->ssl);
        if (done == 1)
            return CURLE_OK;
        error = SSL_get_error(t->ssl, done);
        if (error == SSL_ERROR_WANT_READ)
            result = stream_wait_recv(below, deadline);
        else if (error == SSL_ERROR_WANT_WRITE)
            result = stream_wait_send(below, deadline);
        else if (error == SSL_ERROR_WANT_RETRY_VERIFY && hooks->pause)
            result = hooks->pause(hooks->owner, resumes, deadline); /* SSL_set_retry_verify */
        else
            result = tls_handshake_failed(t, error, peer, hooks);
        if (result)
            return result;
    }
}

static CURLcode check_peer(struct tls_stream *t, const struct tls_peer *peer,
                           const struct tls_settings *s, const struct net_hooks *hooks,
                           struct tls_result *r)
{
    r->resumed = SSL_session_reused(t->ssl);
    TLS_LOG(hooks, "SSL connection using %s / %s", SSL_get_version(t->ssl),
            SSL_get_cipher_name(t->ssl));
    if (r->resumed)
        TLS_LOG(hooks, "SSL reusing session");
    note_protocol(t->ssl, s->alpn && peer->alpn, hooks, r);
    return tls_verify(t, peer, s, hooks, r);
}

/* Everything up to the first byte that goes out. */
static WAITS CURLcode set_up(struct tls_stream *t, const struct tls_peer *peer,
                             const struct tls_settings *s, const struct net_hooks *hooks,
                             int64_t deadline)
{
    scoped(buf) identity = {0};
    SSL_CTX *context = NULL;
    CURLcode result = tls_context_get(s, hooks->ssl_context != NULL, hooks, &context, &identity);

    if (!result && hooks->ssl_context)
        result = hooks->ssl_context(hooks->owner, context, deadline);
    if (!result)
        result = prepare(t, context, peer, s);
    /* What a program did to its context is in no key. */
    if (!result && peer->sessions && s->session_cache && !hooks->ssl_context)
        result = use_sessions(t, peer, s, &identity);
    SSL_CTX_free(context);
    ERR_clear_error();
    return result;
}

static WAITS CURLcode connect_over(struct tls_stream *t, const struct tls_peer *peer,
                                   const struct tls_settings *s, const struct net_hooks *hooks,
                                   int64_t deadline, struct tls_result *r)
{
    CURLcode result = set_up(t, peer, s, hooks, deadline);

    if (result)
        return result;
    log_offer(peer, s, hooks);
    result = hooks->on_program ? tls_away_shake_hands(t, peer, hooks, deadline)
                               : shake_hands(t, peer, hooks, deadline);
    if (result)
        r->verify_result = SSL_get_verify_result(t->ssl);
    else if ((result = check_peer(t, peer, s, hooks, r)))
        tls_shut(&t->stream);
    tls_trace_end(t->ssl);
    return result;
}

CURLcode tls_connect(struct stream *below, const struct tls_peer *peer,
                     const struct tls_settings *s, const struct net_hooks *hooks, int64_t deadline,
                     struct tls_result *ret_result, struct stream **ret_stream)
{
    struct tls_stream *t = mem_calloc(1, sizeof(*t));
    CURLcode result;

    *ret_result = (struct tls_result){0};
    if (!t)
        return CURLE_OUT_OF_MEMORY;
    t->stream.kind = &tls_kind;
    t->stream.below = below;
    t->stream.watch = below->watch;
    t->stream.recv_needs = WAIT_READ;
    t->stream.send_needs = WAIT_WRITE;
    result = connect_over(t, peer, s, hooks, deadline, ret_result);
    if (result) {
        t->stream.below = NULL; /* stays the caller's */
        tls_free(&t->stream);
        return result;
    }
    ret_result->ssl = t->ssl;
    *ret_stream = &t->stream;
    return CURLE_OK;
}

void tls_forget_all(void)
{
    tls_contexts_forget_all();
    tls_trust_forget_all();
    tls_keylog_forget();
}

void *tls_context_of(void *ssl)
{
    return ssl ? SSL_get_SSL_CTX(ssl) : NULL;
}
