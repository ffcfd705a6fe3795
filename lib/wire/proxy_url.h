/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PROXY_URL_H
#define WIRE_PROXY_URL_H

#include "base/buf.h"

#include <stdbool.h>

/* What a program calls a proxy: "[scheme://][user[:password]@]host[:port]". */
struct proxy_url {
    long type;                 /* CURLPROXY_* */
    struct buf host;           /* as a resolver takes it: no brackets */
    int port;                  /* never 0 */
    struct buf unix_path;      /* of "socks5h://localhost/path"; empty: none */
    struct buf user, password; /* decoded */
    bool has_user;
};
void proxy_url_release(struct proxy_url *);
DEFINE_SCOPED(proxy_url)

enum proxy_url_outcome {
    PROXY_URL_OK,
    PROXY_URL_SYNTAX, /* it is no URL */
    PROXY_URL_SCHEME, /* of no kind of proxy that there is */
    PROXY_URL_NO_MEMORY,
};

/* `type` is that of a text without a scheme; "http://" and "https://" keep the variants of HTTP and
 * HTTPS that it may say. `port` is for a text without one; 0: 443 for HTTPS, else 1080. */
enum proxy_url_outcome proxy_url_parse(const char *text, long type, long port,
                                       struct proxy_url *ret);

static inline bool proxy_is_socks(long type)
{
    return type >= 4 && type <= 7; /* CURLPROXY_SOCKS4 to CURLPROXY_SOCKS5_HOSTNAME */
}

#endif
