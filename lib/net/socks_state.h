/* SPDX-License-Identifier: MIT */
/* What the parts of a conversation with a SOCKS proxy share. For socks.c and socks_gss.c. */
#ifndef NET_SOCKS_STATE_H
#define NET_SOCKS_STATE_H

#include "base/buf.h"
#include "net/proxy.h"
#include "wire/socks.h"

/* One conversation. */
struct socks {
    struct stream **stream; /* becomes another one when it is protected */
    const struct proxy *proxy;
    const struct socks_way *way;
    const struct net_hooks *hooks;
    int64_t deadline;
    CURLproxycode *reason;
    char text[ADDRESS_TEXT_SIZE]; /* of the address in `target` */
    struct socks_target target;
};

#define LOG(hooks, ...)                                                                            \
    do {                                                                                           \
        if ((hooks)->log)                                                                          \
            (hooks)->log((hooks)->owner, __VA_ARGS__);                                             \
    } while (0)

#define FAIL(s, why, ...)                                                                          \
    (*(s)->reason = (why), (s)->hooks->fail((s)->hooks->owner, CURLE_PROXY, __VA_ARGS__))

/* ---- socks.c ---- */

/* All of the bytes, or CURLE_PROXY for `why`; CURLPX_CLOSED: the proxy has ended. */
WAITS CURLcode socks_send(struct socks *, const struct buf *, CURLproxycode why);
WAITS CURLcode socks_receive(struct socks *, void *bytes, size_t len, CURLproxycode why);

/* ---- socks_gss.c, or socks_no_gss.c ---- */

/* Whether it can be offered. */
bool socks_has_gss(void);

/* The proxy has chosen GSS-API: proves who we are, and agrees on what becomes of all bytes behind
 * that. CURLE_PROXY with CURLPX_GSSAPI, or CURLPX_GSSAPI_PROTECTION where that is not possible. */
WAITS CURLcode socks_log_in_gss(struct socks *);

#endif
