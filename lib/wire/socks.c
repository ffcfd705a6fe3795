/* SPDX-License-Identifier: MIT */
#include "wire/socks.h"

#include <string.h>

enum { VERSION_4 = 4, VERSION_5 = 5, LOGIN_VERSION = 1, COMMAND_CONNECT = 1 };
enum { METHOD_NONE = 0, METHOD_GSS = 1, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };
enum { GSS_VERSION = 1, GSS_ABORT = 0xff };

static void add_byte(struct buf *to, unsigned byte)
{
    buf_append_char(to, (char)byte);
}

static void add_port(struct buf *to, int port)
{
    add_byte(to, (unsigned)port >> 8);
    add_byte(to, (unsigned)port & 0xff);
}

/* A text with its length in front. */
static void add_counted(struct buf *to, struct str text)
{
    add_byte(to, (unsigned)text.len);
    buf_append(to, text.at, text.len);
}

static CURLproxycode end_request(const struct buf *to)
{
    return buf_failed(to) ? CURLPX_REQUEST_FAILED : CURLPX_OK;
}

/* ---- Version 4 ---- */

static bool has_nul(struct str text)
{
    return text.len && memchr(text.at, '\0', text.len);
}

/* A name to be resolved there (4a) stands behind the user; the address is an impossible one. */
CURLproxycode socks4_request(const struct socks_target *t, struct str user, struct buf *to)
{
    bool is_name = t->kind == SOCKS_NAME;

    if (t->kind == SOCKS_IP6)
        return CURLPX_BAD_ADDRESS_TYPE;
    if (user.len > SOCKS_TEXT_MAX)
        return CURLPX_LONG_USER;
    if (is_name && t->address.len > SOCKS_TEXT_MAX)
        return CURLPX_LONG_HOSTNAME;
    if (has_nul(user) || (is_name && has_nul(t->address)))
        return CURLPX_REQUEST_FAILED;
    add_byte(to, VERSION_4);
    add_byte(to, COMMAND_CONNECT);
    add_port(to, t->port);
    buf_append(to, is_name ? "\0\0\0\1" : t->address.at, 4);
    buf_append(to, user.at, user.len);
    add_byte(to, 0);
    if (is_name) {
        buf_append(to, t->address.at, t->address.len);
        add_byte(to, 0);
    }
    return end_request(to);
}

CURLproxycode socks4_read_reply(const unsigned char reply[SOCKS4_REPLY])
{
    if (reply[0] != 0)
        return CURLPX_BAD_VERSION;
    switch (reply[1]) {
    case 90:
        return CURLPX_OK;
    case 91:
        return CURLPX_REQUEST_FAILED;
    case 92:
        return CURLPX_IDENTD;
    case 93:
        return CURLPX_IDENTD_DIFFER;
    default:
        return CURLPX_UNKNOWN_FAIL;
    }
}

/* ---- Version 5 ---- */

CURLproxycode socks5_greeting(unsigned methods, struct buf *to)
{
    add_byte(to, VERSION_5);
    add_byte(to, (unsigned)__builtin_popcount(methods));
    for (unsigned method = METHOD_NONE; method <= METHOD_PASSWORD; method++) {
        if (methods & 1U << method)
            add_byte(to, method);
    }
    return end_request(to);
}

CURLproxycode socks5_read_greeting(const unsigned char reply[SOCKS5_GREETING_REPLY],
                                   unsigned offered, unsigned *ret_method)
{
    if (reply[0] != VERSION_5)
        return CURLPX_BAD_VERSION;
    if (reply[1] == METHOD_REFUSED)
        return CURLPX_NO_AUTH;
    if (reply[1] > METHOD_PASSWORD)
        return CURLPX_UNKNOWN_MODE;
    *ret_method = 1U << reply[1];
    if (offered & *ret_method)
        return CURLPX_OK;
    return reply[1] == METHOD_GSS        ? CURLPX_GSSAPI_PERMSG
           : reply[1] == METHOD_PASSWORD ? CURLPX_NO_AUTH
                                         : CURLPX_UNKNOWN_MODE;
}

CURLproxycode socks5_login(struct str user, struct str password, struct buf *to)
{
    if (user.len > SOCKS_TEXT_MAX)
        return CURLPX_LONG_USER;
    if (password.len > SOCKS_TEXT_MAX)
        return CURLPX_LONG_PASSWD;
    add_byte(to, LOGIN_VERSION);
    add_counted(to, user);
    add_counted(to, password);
    return end_request(to);
}

CURLproxycode socks5_read_login(const unsigned char reply[SOCKS5_LOGIN_REPLY])
{
    return reply[1] ? CURLPX_USER_REJECTED : CURLPX_OK;
}

CURLproxycode socks5_request(const struct socks_target *t, struct buf *to)
{
    if (t->kind == SOCKS_NAME && t->address.len > SOCKS_TEXT_MAX)
        return CURLPX_LONG_HOSTNAME;
    add_byte(to, VERSION_5);
    add_byte(to, COMMAND_CONNECT);
    add_byte(to, 0);
    add_byte(to, (unsigned)t->kind);
    if (t->kind == SOCKS_NAME)
        add_counted(to, t->address);
    else
        buf_append(to, t->address.at, t->address.len);
    add_port(to, t->port);
    return end_request(to);
}

/* RFC 1928 6. */
static CURLproxycode meaning_of(unsigned reply)
{
    static const CURLproxycode meanings[] = {
        CURLPX_OK,
        CURLPX_REPLY_GENERAL_SERVER_FAILURE,
        CURLPX_REPLY_NOT_ALLOWED,
        CURLPX_REPLY_NETWORK_UNREACHABLE,
        CURLPX_REPLY_HOST_UNREACHABLE,
        CURLPX_REPLY_CONNECTION_REFUSED,
        CURLPX_REPLY_TTL_EXPIRED,
        CURLPX_REPLY_COMMAND_NOT_SUPPORTED,
        CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED,
    };

    return reply < sizeof(meanings) / sizeof(meanings[0]) ? meanings[reply]
                                                          : CURLPX_REPLY_UNASSIGNED;
}

CURLproxycode socks5_read_reply(const unsigned char start[SOCKS5_REPLY_START], size_t *ret_len)
{
    *ret_len = SOCKS5_REPLY_START;
    if (start[0] != VERSION_5)
        return CURLPX_BAD_VERSION;
    if (start[1])
        return meaning_of(start[1]);
    switch (start[3]) {
    case SOCKS_IP4:
        *ret_len = 4 + 4 + 2;
        return CURLPX_OK;
    case SOCKS_NAME:
        *ret_len = 4 + 1 + (size_t)start[4] + 2;
        return CURLPX_OK;
    case SOCKS_IP6:
        *ret_len = 4 + 16 + 2;
        return CURLPX_OK;
    default:
        return CURLPX_BAD_ADDRESS_TYPE;
    }
}

/* ---- GSS-API ---- */

CURLproxycode socks_gss_message(enum socks_gss kind, struct str token, struct buf *to)
{
    if (token.len > SOCKS_GSS_MAX)
        return CURLPX_GSSAPI;
    add_byte(to, GSS_VERSION);
    add_byte(to, (unsigned)kind);
    add_byte(to, (unsigned)token.len >> 8);
    add_byte(to, (unsigned)token.len & 0xff);
    buf_append(to, token.at, token.len);
    return buf_failed(to) ? CURLPX_GSSAPI : CURLPX_OK;
}

bool socks_gss_is_abort(const unsigned char head[2])
{
    return head[1] == GSS_ABORT;
}

CURLproxycode socks_gss_read_head(const unsigned char head[SOCKS_GSS_HEAD], enum socks_gss kind,
                                  size_t *ret_len)
{
    if (head[0] != GSS_VERSION)
        return CURLPX_BAD_VERSION;
    if (head[1] != kind)
        return CURLPX_GSSAPI;
    *ret_len = (size_t)head[2] << 8 | head[3];
    return CURLPX_OK;
}
