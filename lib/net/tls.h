/* SPDX-License-Identifier: MIT */
/* TLS by OpenSSL: the only room that knows it. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/buf.h"
#include "base/str.h"
#include "net/hooks.h"
#include "net/stream.h"
#include "net/tls_settings.h"

struct tls_sessions; /* kept sessions of a multi handle or share object */
struct tls_sessions *
tls_sessions_new(void); /* thread-safe, one reference; NULL when memory is short */
struct tls_sessions *tls_sessions_ref(struct tls_sessions *);
void tls_sessions_unref(struct tls_sessions *);

/* A kept session on its way out of the process or into it (curl_easy_ssls_export). */
enum { TICKET_DATA_MAX = 256 * 1024 }; /* bytes */
struct tls_ticket {
    const char *key;            /* whom it is of; NULL: only the digest is known */
    const unsigned char *shmac; /* a salt, and a digest of the key with it */
    size_t shmac_len;
    const unsigned char *data; /* the session, in a form of this library */
    size_t data_len;
    int64_t valid_until; /* s since 1970; out only, as all below */
    int version;         /* 0x0304 for TLS 1.3 */
    const char *alpn;    /* NULL for none */
    size_t early_data;   /* bytes the server takes early */
};

/* Gives each session that may leave to `take`, until that fails; those of client certificates stay.
 * No lock is held. CURLE_OUT_OF_MEMORY, or what `take` returned. Any thread. */
typedef CURLcode tls_ticket_taker(void *argument, const struct tls_ticket *);
CURLcode tls_tickets_export(struct tls_sessions *, tls_ticket_taker *take, void *argument);

/* Keeps one; what is too old is left out. CURLE_BAD_FUNCTION_ARGUMENT for what is none,
 * CURLE_OUT_OF_MEMORY. Any thread. */
CURLcode tls_tickets_import(struct tls_sessions *, const struct tls_ticket *);

/* Appends all that must be equal for two connections, contexts or sessions to be shared: every
 * setting that matters. */
bool tls_settings_key(const struct tls_settings *, struct buf *key);

struct tls_peer {
    const char *host; /* name or numeric address, for SNI, verification, sessions */
    int port;
    const char *alpn;              /* protocols offered, comma separated ("http/1.1"), or NULL */
    struct tls_sessions *sessions; /* or NULL */
};

struct tls_result {
    long verify_result; /* X509_V_*; set on failure too */
    char alpn[16];
    struct curl_certinfo
        *certinfo; /* owned by the caller, on success or failure; NULL unless asked for */
    void *ssl;     /* SSL *: lives as long as the stream */
    bool resumed;
};

/* Handshakes over `below` (which the new stream owns on success, the caller keeps on failure).
 * Errors with a text through hooks->fail: CURLE_SSL_CONNECT_ERROR (35),
 * CURLE_PEER_FAILED_VERIFICATION (60), CURLE_SSL_CERTPROBLEM (58), CURLE_SSL_CACERT_BADFILE (77),
 * CURLE_SSL_CIPHER (59), CURLE_SSL_PINNEDPUBKEYNOTMATCH (90), CURLE_SSL_CRL_BADFILE (82),
 * CURLE_SSL_ISSUER_ERROR (83), CURLE_SSL_INVALIDCERTSTATUS (91), CURLE_OPERATION_TIMEDOUT,
 * CURLE_ABORTED_BY_CALLBACK. A fiber. */
WAITS CURLcode tls_connect(struct stream *below, const struct tls_peer *,
                           const struct tls_settings *, const struct net_hooks *, int64_t deadline,
                           struct tls_result *ret_result, struct stream **ret_stream);

/* Ends TLS in good order on a connection that goes on without it: says so (`active`), waits for the
 * peer's end, and puts the stream below in its place. CURLE_RECV_ERROR when bytes come instead,
 * CURLE_SEND_ERROR; the stream stays then. A TLS stream's, a fiber. */
WAITS CURLcode tls_unwrap(struct stream **, bool active, int64_t deadline);

/* Sends the good-bye of a TLS stream, waiting for room. */
WAITS CURLcode tls_say_end(struct stream *, int64_t deadline);

/* Where the trusted certificates come from with these settings: the program's choice or the
 * system's default; NULL for none. */
const char *tls_ca_file(const struct tls_settings *);
const char *tls_ca_path(const struct tls_settings *);

void certinfo_free(struct curl_certinfo *);
struct curl_certinfo *certinfo_copy(const struct curl_certinfo *);

/* Frees the process-wide stores: trust stores, contexts (curl_global_cleanup). */
void tls_forget_all(void);

/* "OpenSSL/3.0.x" */
const char *tls_version_text(void);

/* The SSL_CTX of an SSL; NULL of NULL. */
void *tls_context_of(void *ssl);

/* Appends what binds something to the TLS connection (SSL *) with the server's certificate, the
 * "tls-server-end-point" of RFC 5929 4.1; nothing where there is none. The connection's thread. */
bool tls_append_end_point(void *ssl, struct buf *to);

#endif
