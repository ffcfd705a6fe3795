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

/* By what means a SOCKS proxy may learn who we are. */
struct socks_login {
    bool password;       /* CURLOPT_SOCKS5_AUTH lets it be sent */
    bool gss;            /* and lets GSS-API do it */
    const char *service; /* CURLOPT_PROXY_SERVICE_NAME; NULL: "rcmd" */
    bool nec;            /* CURLOPT_SOCKS5_GSSAPI_NEC */
};

/* The way: nothing, or a SOCKS proxy, or an HTTP proxy, or that one behind the first. */
struct proxy_way {
    const struct proxy *socks; /* NULL: none */
    const struct proxy *http;  /* NULL: none */
    bool tunnel;               /* through the HTTP proxy with CONNECT; else it gets the requests */
    const char *http_alpn; /* offered to an HTTPS proxy, if its TLS settings let it; a literal */
    struct socks_login socks_login;
    bool haproxy;                  /* the PROXY line of HAProxy goes first */
    const char *haproxy_client_ip; /* CURLOPT_HAPROXY_CLIENT_IP, or NULL */
};

/* ---- socks.c ---- */

/* Where a SOCKS proxy is to connect to. */
struct socks_way {
    struct str host; /* a name or a numeric address */
    int port;
    const struct addresses *addresses; /* of the name, resolved here; NULL: the proxy resolves it */
    const struct socks_login *login;
};

/* Whether the proxy wants addresses, not names. */
bool socks_resolves_here(long type);

/* Has the SOCKS proxy at the other end of the stream connect; the stream becomes another one, with
 * this one below it, when the proxy wants all bytes to be protected. CURLE_PROXY with a text
 * through hooks->fail and *ret_reason (CURLINFO_PROXY_ERROR); CURLE_OPERATION_TIMEDOUT and
 * CURLE_ABORTED_BY_CALLBACK without a text; CURLE_OUT_OF_MEMORY. A fiber. */
WAITS CURLcode socks_connect(struct stream **, const struct proxy *, const struct socks_way *,
                             const struct net_hooks *, int64_t deadline, CURLproxycode *ret_reason);

#endif
