/* SPDX-License-Identifier: MIT */
/* From a destination to a connection that is ready for the protocol: reuse one, or resolve,
 * connect, pass the proxies, TLS. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/connect.h"
#include "net/connection.h"
#include "net/pool.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/tls.h"

struct dial_target {
    const char *scheme; /* "http": separates pools; not otherwise interpreted */
    struct str host;    /* of the URL, no brackets; zone id cut off into scope */
    int port;
    struct str connect_host; /* CURLOPT_CONNECT_TO, else as host */
    int connect_port;
    const char *unix_path; /* CURLOPT_UNIX_SOCKET_PATH or NULL */
    bool unix_abstract;
    const struct tls_settings *tls; /* NULL: plain */
    const char *alpn;               /* for TLS; of a plain connection what it will speak; or NULL */
    struct str identity;            /* credentials that bind to a connection, empty for none */
    struct str owner;               /* who may become its owner while it is used, empty for nobody:
                                       gets connections that are nobody's or its own */
    struct proxy_way proxies;       /* in between */

    struct socket_settings socket;
    struct dns_options dns;
    bool fresh, forbid_reuse;
    bool alone;    /* no connection that others are on */
    bool pipewait; /* CURLOPT_PIPEWAIT */
    int64_t max_idle_us, max_life_us;
    uintptr_t shaped_by[2]; /* the program's callback that shaped its TLS, and the argument; zero:
                               none. Nobody else gets the connection. */
};

struct dial_stores {
    struct pool *pool;
    struct dns_cache *dns;
    struct tls_sessions *sessions; /* NULL: no resumption */
};

/* What happened, for the infos; filled as far as it came, also on failure. Times in us,
 * clock_now(); 0: not reached. */
struct dial_report {
    int64_t queued_until; /* a place in the pool was had */
    int64_t name_resolved, connected, secured;
    bool reused;
    long new_connects;
    int os_errno;
    long verify_result, proxy_verify_result;
    CURLproxycode proxy_error;
    struct curl_certinfo
        *certinfo; /* the caller's when a handshake failed; else with the connection */
};

/* `deadline` bounds all of it, `connect_timeout_us` (a span; 0 or below: none) the part after the
 * queue. Errors as of the parts, with a text through hooks->fail; of the two time limits only the
 * second one says a text. A fiber. The connection goes back with dial_return or pool_return. */
WAITS CURLcode dial(const struct dial_target *, const struct dial_stores *,
                    const struct net_hooks *, struct socket_closer *closer, int64_t deadline,
                    int64_t connect_timeout_us, struct dial_report *ret_report,
                    struct connection **ret_connection);

/* The same for a connection of the caller's alone, beside one that it has: new, in no pool and in
 * no limit, plain whatever the target says (dial_secure). It ends with connection_free. */
WAITS CURLcode dial_beside(const struct dial_target *, const struct dial_stores *,
                           const struct net_hooks *, struct socket_closer *closer, int64_t deadline,
                           int64_t connect_timeout_us, struct dial_report *ret_report,
                           struct connection **ret_connection);

/* Puts TLS on a plain connection, as target->tls says and with the target's host as the peer.
 * Limits and errors as with dial. */
WAITS CURLcode dial_secure(const struct dial_target *, const struct dial_stores *,
                           const struct net_hooks *, int64_t deadline, int64_t connect_timeout_us,
                           struct dial_report *ret_report, struct connection *);

/* The addresses of a host, counted for the caller; `port` is for CURLOPT_RESOLVE (0: none). Errors
 * with a text. */
WAITS CURLcode dial_resolve(const struct dial_target *, const struct dial_stores *,
                            const struct net_hooks *, struct str host, int port, int64_t deadline,
                            struct addresses **ret);

/* Whether it would likely use a connection again. Any thread. */
bool dial_would_reuse(const struct dial_target *, const struct dial_stores *);

/* pool_return, and the verbose line about it. */
void dial_return(struct connection *, bool reusable, const struct net_hooks *);

#endif
