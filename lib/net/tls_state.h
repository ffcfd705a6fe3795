/* SPDX-License-Identifier: MIT */
/* The insides of TLS, for the files net/tls*.c only. */
#ifndef NET_TLS_STATE_H
#define NET_TLS_STATE_H

#include "net/tls.h"

#include <openssl/ssl.h>

/* ---- tls.c ---- */

/* A TLS stream. The memory of OpenSSL's BIO points at it, so it does not move. */
struct tls_stream {
    struct stream stream;
    SSL *ssl;
    CURLcode below_result; /* how the stream below failed within the current call */
    bool broken;           /* a failure that lasts: no more is said to OpenSSL */
    bool mute;             /* sending failed: what was received may still be read */

    /* Where new tickets go; NULL: nowhere. */
    struct tls_sessions *sessions;
    struct buf session_key;

    /* A handshake on the program's thread, and what it left of the bytes below; NULL: none. */
    struct tls_away *away;

    char text[CURL_ERROR_SIZE + 64]; /* of the last failure */
};

/* What is logged, only formatted when somebody listens. */
#define TLS_LOG(hooks, ...)                                                                        \
    do {                                                                                           \
        if ((hooks)->log)                                                                          \
            (hooks)->log((hooks)->owner, __VA_ARGS__);                                             \
    } while (0)

#define TLS_FAIL(hooks, code, ...) (hooks)->fail((hooks)->owner, (code), __VA_ARGS__)

/* ---- tls_bio.c ---- */

/* A BIO over the stream below; NULL when memory is short. It owns nothing. */
BIO *tls_bio_new(struct tls_stream *);
struct tls_stream *tls_bio_stream(BIO *);

/* ---- tls_away.c ---- */

/* The handshake, in steps on the program's thread (hooks->on_program). */
WAITS CURLcode tls_away_shake_hands(struct tls_stream *, const struct tls_peer *,
                                    const struct net_hooks *, int64_t deadline);

/* For the BIO of a stream with `away`: like stream_try_recv and stream_try_send of the one below.
 */
CURLcode tls_away_recv(struct tls_stream *, void *bytes, size_t len, size_t *ret_len);
CURLcode tls_away_send(struct tls_stream *, const void *bytes, size_t len, size_t *ret_len);
bool tls_away_has_pending(const struct tls_stream *);
void tls_away_free(struct tls_away *);

/* ---- tls_error.c ---- */

/* The oldest error in OpenSSL's queue as text, "unknown error" for none; the queue is empty
 * afterwards. */
struct tls_error {
    unsigned long code;
    char text[200];
};
struct tls_error tls_error_take(void);

/* Why a handshake that returned `done` failed: says so and returns the code. */
CURLcode tls_handshake_failed(struct tls_stream *, int ssl_error, const struct tls_peer *,
                              const struct net_hooks *);

/* Notes in the stream why a read or a write ("SSL_read") failed. */
void tls_note_failure(struct tls_stream *, int ssl_error, const char *call);

/* ---- tls_file.c ---- */

/* What tells that a file is another one than before: all zero when there is none. */
struct tls_stamp {
    unsigned long long device, inode;
    long long size, seconds, nanoseconds, changed_seconds, changed_nanoseconds;
};
struct tls_stamp tls_stamp_of(const char *path); /* NULL is fine */
bool tls_stamp_equal(const struct tls_stamp *, const struct tls_stamp *);

/* Appends a whole file of at most `most` bytes; false when that cannot be. */
bool tls_file_read(const char *path, size_t most, struct buf *bytes);

/* A BIO that reads the bytes; NULL when memory is short. */
BIO *tls_bytes_open(const struct rstr *);

/* ---- tls_trust.c ---- */

/* Trusted certificates and revocation lists: loaded once in the process, shared, immutable but for
 * what OpenSSL reads in from a folder. Counted, any thread. */
struct tls_trust;

/* Those of the settings, loaded now or before. CURLE_SSL_CACERT_BADFILE or CURLE_SSL_CRL_BADFILE
 * with a text. Reads files; never parks. */
CURLcode tls_trust_get(const struct tls_settings *, const struct net_hooks *,
                       struct tls_trust **ret_trust);
struct tls_trust *tls_trust_ref(struct tls_trust *);
void tls_trust_unref(struct tls_trust *);
X509_STORE *tls_trust_store(const struct tls_trust *);

/* A store of its own with the same in it, which a program may change. NULL when memory is short. */
X509_STORE *tls_trust_copy(const struct tls_trust *, const struct tls_settings *);

/* Appends what tells the files that were read. */
bool tls_trust_identity(const struct tls_trust *, struct buf *identity);

void tls_trust_forget_all(void);

/* ---- tls_context.c ---- */

/* An SSL_CTX for the settings: shared by the connections of a worker, or a new one (`alone`) that a
 * program may change. The caller owns a reference. `identity` gets what tells the files that are in
 * it. Reads files; never parks. */
CURLcode tls_context_get(const struct tls_settings *, bool alone, const struct net_hooks *,
                         SSL_CTX **ret_context, struct buf *identity);
void tls_contexts_forget_all(void);

/* ---- tls_client_cert.c ---- */

/* Gives the context the certificate and the key of the settings; CURLE_SSL_CERTPROBLEM with a text
 * otherwise. */
CURLcode tls_use_client_cert(SSL_CTX *, const struct tls_settings *, const struct net_hooks *);

/* ---- tls_keylog.c ---- */

/* Has the context's secrets written to the file that SSLKEYLOGFILE names, if it does. */
void tls_keylog_attach(SSL_CTX *);
void tls_keylog_forget(void);

/* ---- tls_trace.c ---- */

/* The messages of the handshake go to the verbose log, if anybody listens, until the end. */
void tls_trace_begin(SSL *, const struct net_hooks *);
void tls_trace_end(SSL *);

/* ---- tls_verify.c, tls_status.c, tls_pin.c, tls_certinfo.c ---- */

/* After the handshake: is it whom we wanted? Logs the certificate. */
CURLcode tls_verify(struct tls_stream *, const struct tls_peer *, const struct tls_settings *,
                    const struct net_hooks *, struct tls_result *);

/* The stapled OCSP response. */
CURLcode tls_verify_status(SSL *, const struct net_hooks *);

/* The peer's public key against CURLOPT_PINNEDPUBLICKEY. */
CURLcode tls_verify_pin(X509 *, const char *pinned, const struct net_hooks *);

/* What the peer's certificates say; NULL when memory is short. */
struct curl_certinfo *tls_certinfo_of(SSL *);

/* True for a numeric address. */
bool tls_is_address(const char *host);

/* ---- tls_sessions.c ---- */

/* Keeps a copy. Any thread. */
void tls_sessions_put(struct tls_sessions *, struct str key, SSL_SESSION *);

/* A session to resume, or NULL; a TLS 1.3 one is taken out for good. The caller owns it. */
SSL_SESSION *tls_sessions_take(struct tls_sessions *, struct str key);

/* How many are kept for a peer. */
size_t tls_sessions_count(struct tls_sessions *, struct str key);

#endif
