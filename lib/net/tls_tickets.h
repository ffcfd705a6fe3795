/* SPDX-License-Identifier: MIT */
/* TLS sessions that leave the process and come back (curl_easy_ssls_export and _import): their
 * names, and the bytes that they are. For the files net/tls*.c, and the functions at the end for
 * others. */
#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include "net/tls_state.h"

#include <stdint.h>

enum {
    TICKET_SALT_SIZE = 32,
    TICKET_SHMAC_SIZE = TICKET_SALT_SIZE + 32, /* a salt, and an HMAC-SHA256 of the key with it */
};

/* ---- tls_tickets.c ---- */

/* Appends the name of a peer's sessions, printable: "host:port:", the protocols offered, a digest
 * of all settings and files that it was verified with, the library's name and version, and a mark
 * where a client certificate is used. */
bool tls_ticket_key(const struct tls_peer *, const struct tls_settings *,
                    const struct buf *identity, struct buf *key);

/* Whether a salted digest is of this key. */
bool tls_ticket_is_of(const unsigned char shmac[TICKET_SHMAC_SIZE], struct str key);

/* ---- tls_sessions.c ---- */

/* Keeps a session that came from elsewhere for so many seconds; `hashed`: its key is a salted
 * digest. False when memory is short. Any thread. */
bool tls_sessions_import(struct tls_sessions *, struct str key, bool hashed, SSL_SESSION *,
                         int64_t valid_s);

struct tls_sessions_copy {
    struct tls_session_copy {
        char *key;   /* owned; a digest where it is `hashed` */
        bool hashed; /* the name is not known */
        SSL_SESSION *session;
        int64_t valid_s;
    } * at;
    size_t count;
};

/* All that are kept; false when memory is short. Released either way. Any thread. */
bool tls_sessions_copy_all(struct tls_sessions *, struct tls_sessions_copy *ret);
void tls_sessions_copy_release(struct tls_sessions_copy *);
DEFINE_SCOPED(tls_sessions_copy)

#endif
