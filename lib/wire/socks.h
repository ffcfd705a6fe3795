/* SPDX-License-Identifier: MIT */
/* The messages of SOCKS proxies: version 4 with its extension 4a, version 5 (RFC 1928) and its
 * login with name and password (RFC 1929). */
#ifndef WIRE_SOCKS_H
#define WIRE_SOCKS_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum { SOCKS_TEXT_MAX = 255 }; /* bytes of a name, a user or a password */

enum socks_address { SOCKS_IP4 = 1, SOCKS_NAME = 3, SOCKS_IP6 = 4 };

/* Where the proxy is to connect to. */
struct socks_target {
    enum socks_address kind;
    struct str address; /* 4 or 16 bytes in network order, or a name for the proxy to resolve */
    int port;
};

/* Each appends a request. CURLPX_OK, or why there is none: CURLPX_LONG_HOSTNAME, CURLPX_LONG_USER,
 * CURLPX_LONG_PASSWD, CURLPX_BAD_ADDRESS_TYPE (an IPv6 address with version 4),
 * CURLPX_REQUEST_FAILED (a NUL where version 4 ends a text; no memory: buf_failed tells). */
CURLproxycode socks4_request(const struct socks_target *, struct str user, struct buf *to);
CURLproxycode socks5_greeting(bool with_password, struct buf *to);
CURLproxycode socks5_login(struct str user, struct str password, struct buf *to);
CURLproxycode socks5_request(const struct socks_target *, struct buf *to);

/* The replies of fixed size. */
enum { SOCKS4_REPLY = 8, SOCKS5_GREETING_REPLY = 2, SOCKS5_LOGIN_REPLY = 2 };

/* What a reply says; CURLPX_OK: granted. */
CURLproxycode socks4_read_reply(const unsigned char reply[SOCKS4_REPLY]);

/* What the reply to the greeting chose: *ret_password says that a login is due. */
CURLproxycode socks5_read_greeting(const unsigned char reply[SOCKS5_GREETING_REPLY],
                                   bool *ret_password);
CURLproxycode socks5_read_login(const unsigned char reply[SOCKS5_LOGIN_REPLY]);

/* The reply to a request comes with an address of some length: SOCKS5_REPLY_START bytes say how
 * many it is in all (at most SOCKS5_REPLY_MAX). */
enum { SOCKS5_REPLY_START = 5, SOCKS5_REPLY_MAX = 7 + SOCKS_TEXT_MAX };
CURLproxycode socks5_read_reply(const unsigned char start[SOCKS5_REPLY_START], size_t *ret_len);

#endif
