/* SPDX-License-Identifier: MIT */
/* A connection: a socket, the streams on it, and what is known of it. It is used by one transfer at
 * a time (or, once a protocol that shares it is on it, by several on one worker), or idle in a
 * pool, from where any worker may take it. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/list.h"
#include "net/address.h"
#include "net/hooks.h"
#include "net/socket_watch.h"
#include "net/stream.h"
#include "runtime/worker.h"

#include <curl/curl.h>
#include <stdint.h>

struct pool;
struct destination;
struct connection;

/* A protocol that serves several transfers on one connection (HTTP/2): its side of it. In use it is
 * the worker's on which the transfers run; at rest, it is idle in a pool, it keeps nothing of any
 * worker, and whoever took it out of the idle ones may call these. None of them waits or takes the
 * connection's memory. */
struct multiplex {
    /* The last transfer has left, on its worker, whose chores and watch the session lets go of.
     * False when the connection is of no use any more. */
    bool (*rest)(struct connection *);
    /* For transfers on the current worker, which has the connection's watch now. False when it is
     * of no use any more. */
    bool (*wake)(struct connection *);
    /* At rest: takes in what has come, answers it, and asks the peer for a sign of life if `ping`.
     * False when it is of no use any more. */
    bool (*tend)(struct connection *, bool ping);
    /* Says good-bye as far as that goes at once. */
    void (*shut)(struct connection *);
    /* Frees the session, with the connection. */
    void (*free)(struct connection *);
};

/* What a method of authentication that is bound to the connection knows of it. */
struct connection_auth {
    void *state;
    void (*release)(void *state); /* NULL: no state */
    unsigned long method;         /* CURLAUTH_*: by which it is authenticated; 0: not yet */
};
void connection_auth_release(struct connection_auth *);

/* What a protocol knows of it from one transfer to the next. */
struct connection_memory {
    void *state;
    void (*release)(void *state); /* NULL: no state */
    const char *farewell; /* said before it is closed, as far as that does not block; NULL: nothing.
                             A literal, or the state's */
    void (*part)(void *state); /* the same where that is more than bytes; NULL: nothing */
};

struct connection {
    /* Fixed after it is dialed. */
    curl_off_t id;    /* CURLINFO_CONN_ID: counts from 0 in its pool */
    curl_socket_t fd; /* -1 in a child of fork that has closed its copy */
    char *name;       /* "host:port" of the origin, for texts; owned */
    char remote_ip[ADDRESS_TEXT_SIZE], local_ip[ADDRESS_TEXT_SIZE];
    int remote_port, local_port;
    int64_t opened;                 /* us */
    struct socket_closer *closer;   /* counted; NULL: plain close() */
    long verify_result;             /* X509_V_* of the origin's certificate */
    long proxy_verify_result;       /* and of the proxy's */
    char alpn[16];                  /* what TLS agreed on, empty for nothing */
    struct curl_certinfo *certinfo; /* owned; NULL unless asked for */
    void *ssl;                      /* SSL * with the origin, for CURLINFO_TLS_SSL_PTR */
    void *proxy_ssl;                /* SSL * with an HTTPS proxy, below that; or NULL */
    unsigned generation;            /* of the process that opened it */
    bool is_tls;
    bool proxy_http2; /* an HTTPS proxy that tunnels speaks HTTP/2 */

    /* The user's: the transfer's fiber while in use. */
    struct stream *stream;          /* the topmost one; owned */
    struct socket_watch *watch;     /* owned; belongs to the worker that uses it or used it last */
    unsigned uses;                  /* transfers that it served */
    bool http10;                    /* the peer answered in HTTP/1.0 */
    struct connection_auth auth[2]; /* with the server, with the proxy (enum auth_party) */
    struct buf owner; /* who it was authenticated for (dial_target.owner); empty: nobody */
    struct connection_memory memory;
    struct chunk *unread; /* bytes received beyond what was asked; owned, NULL when none */

    /* The pool's, under its lock. */
    struct pool *pool; /* where it counts */
    struct destination *destination;
    struct list_link idle_link; /* among the idle of its destination, newest first */
    struct list_link host_link; /* among the idle of its host, oldest first */
    struct list_link age_link;  /* among all idle of the pool, oldest first */
    struct list_link open_link; /* among all of the pool */
    int64_t idle_since;         /* us */
    bool settling;              /* whether it takes several transfers is not known yet */

    /* Once it is shared (pool_share); under the pool's lock, but for the first two. */
    const struct multiplex *multiplex; /* NULL: one transfer at a time */
    void *session;                     /* the protocol's */
    struct worker *home;               /* where its transfers run, while there are any */
    unsigned streams, most_streams;    /* transfers on it, and how many it takes */
    bool asleep;                       /* its session rests */
    bool retired;                      /* takes no more */
    int64_t kept_up;                   /* us: when it was last used or asked for a sign of life */
    struct list_link shared_link;      /* among those of its destination that have room */
};

/* A connection on a connected socket, which it owns from now on, without streams and watch.
 * `closer` is counted, or NULL. NULL when memory is short. */
struct connection *connection_new(curl_socket_t fd, struct socket_closer *closer);

/* Drops the first `len` bytes of `unread`, and the chunk with its last one. */
void connection_used(struct connection *, size_t len);

/* Closes it (says good-bye without blocking) and frees it. Takes NULL. It is in use by nobody and
 * in no pool's lists. Any thread. In a child of fork a connection of the parent is closed without a
 * byte on it. */
void connection_free(struct connection *);

#endif
