/* SPDX-License-Identifier: MIT */
/* The messages of SOCKS proxies: version 4 with its extension 4a, version 5 (RFC 1928), its
 * login with name and password (RFC 1929) and its messages with GSS-API (RFC 1961). */
#ifndef WIRE_SOCKS_H
#define WIRE_SOCKS_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum { SOCKS_TEXT_MAX = 255 }; /* bytes of a name, a user or a password */

/* The ways to say who we are, as bits. */
enum { SOCKS5_NONE = 1, SOCKS5_GSS = 2, SOCKS5_PASSWORD = 4 };

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
CURLproxycode socks5_greeting(unsigned methods, struct buf *to); /* SOCKS5_* */
CURLproxycode socks5_login(struct str user, struct str password, struct buf *to);
CURLproxycode socks5_request(const struct socks_target *, struct buf *to);

/* The replies of fixed size. */
enum { SOCKS4_REPLY = 8, SOCKS5_GREETING_REPLY = 2, SOCKS5_LOGIN_REPLY = 2 };

/* What a reply says; CURLPX_OK: granted. */
CURLproxycode socks4_read_reply(const unsigned char reply[SOCKS4_REPLY]);

/* What the reply to the greeting chose of what was offered: one of SOCKS5_*. CURLPX_NO_AUTH:
 * nothing, or an uncalled-for password; CURLPX_GSSAPI_PERMSG: an uncalled-for GSS-API;
 * CURLPX_UNKNOWN_MODE, CURLPX_BAD_VERSION. */
CURLproxycode socks5_read_greeting(const unsigned char reply[SOCKS5_GREETING_REPLY],
                                   unsigned offered, unsigned *ret_method);
CURLproxycode socks5_read_login(const unsigned char reply[SOCKS5_LOGIN_REPLY]);

/* The reply to a request comes with an address of some length: SOCKS5_REPLY_START bytes say how
 * many it is in all (at most SOCKS5_REPLY_MAX). */
enum { SOCKS5_REPLY_START = 5, SOCKS5_REPLY_MAX = 7 + SOCKS_TEXT_MAX };
CURLproxycode socks5_read_reply(const unsigned char start[SOCKS5_REPLY_START], size_t *ret_len);

/* ---- GSS-API (RFC 1961) ---- */

enum socks_gss { SOCKS_GSS_CONTEXT = 1, SOCKS_GSS_LEVEL = 2, SOCKS_GSS_DATA = 3 };

/* What becomes of the bytes afterwards. */
enum socks_protection {
    SOCKS_CLEAR = 0, /* not the RFC's, but what is common */
    SOCKS_INTEGRITY = 1,
    SOCKS_SECRECY = 2,  /* and integrity */
    SOCKS_SELECTIVE = 3 /* message by message */
};

enum { SOCKS_GSS_HEAD = 4, SOCKS_GSS_MAX = 0xffff }; /* bytes of a head, of a token at most */

/* Appends a message. CURLPX_GSSAPI: the token is too long, or no memory (buf_failed tells). */
CURLproxycode socks_gss_message(enum socks_gss, struct str token, struct buf *to);

/* Whether the first two bytes of a message say that the proxy will not have us: no more follow. */
bool socks_gss_is_abort(const unsigned char head[2]);

/* How many bytes follow the head of a message of that kind. CURLPX_BAD_VERSION, or CURLPX_GSSAPI:
 * it is of another kind. */
CURLproxycode socks_gss_read_head(const unsigned char head[SOCKS_GSS_HEAD], enum socks_gss,
                                  size_t *ret_len);

#endif
