/* SPDX-License-Identifier: MIT */
/* The proxies on the way to a destination. */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "base/str.h"
#include "net/address.h"
#include "net/hooks.h"
#include "net/stream.h"
#include "net/tls_settings.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* One proxy. The texts are the caller's. */
struct proxy {
    long type;       /* CURLPROXY_* */
    struct str host; /* no brackets */
    int port;
    const char *unix_path; /* of a SOCKS proxy on this machine, or NULL */
    bool has_user;
    struct str user, password;
    const struct tls_settings *tls; /* of an HTTPS proxy; NULL: plain */
};

/* The way: nothing, or a SOCKS proxy, or an HTTP proxy, or that one behind the first. */
struct proxy_way {
    const struct proxy *socks; /* NULL: none */
    const struct proxy *http;  /* NULL: none */
    bool tunnel;               /* through the HTTP proxy with CONNECT; else it gets the requests */
    bool socks_password;       /* CURLOPT_SOCKS5_AUTH lets it be sent */
    bool haproxy;              /* the PROXY line of HAProxy goes first */
    const char *haproxy_client_ip; /* CURLOPT_HAPROXY_CLIENT_IP, or NULL */
};

/* ---- socks.c ---- */

/* Where a SOCKS proxy is to connect to. */
struct socks_way {
    struct str host; /* a name or a numeric address */
    int port;
    const struct addresses *addresses; /* of the name, resolved here; NULL: the proxy resolves it */
    bool password;                     /* may be sent */
};

/* Whether the proxy wants addresses, not names. */
bool socks_resolves_here(long type);

/* Has the SOCKS proxy at the other end of the stream connect. CURLE_PROXY with a text through
 * hooks->fail and *ret_reason (CURLINFO_PROXY_ERROR); CURLE_OPERATION_TIMEDOUT and
 * CURLE_ABORTED_BY_CALLBACK without a text; CURLE_OUT_OF_MEMORY. A fiber. */
WAITS CURLcode socks_connect(struct stream *, const struct proxy *, const struct socks_way *,
                             const struct net_hooks *, int64_t deadline, CURLproxycode *ret_reason);

#endif
