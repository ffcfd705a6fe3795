/* SPDX-License-Identifier: MIT */
#include "wire/socks.h"

#include <string.h>

enum { VERSION_4 = 4, VERSION_5 = 5, LOGIN_VERSION = 1, COMMAND_CONNECT = 1 };
enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };

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

CURLproxycode socks5_greeting(bool with_password, struct buf *to)
{
    add_byte(to, VERSION_5);
    add_byte(to, with_password ? 2 : 1);
    add_byte(to, METHOD_NONE);
    if (with_password)
        add_byte(to, METHOD_PASSWORD);
    return end_request(to);
}

CURLproxycode socks5_read_greeting(const unsigned char reply[SOCKS5_GREETING_REPLY],
                                   bool *ret_password)
{
    if (reply[0] != VERSION_5)
        return CURLPX_BAD_VERSION;
    *ret_password = reply[1] == METHOD_PASSWORD;
    if (reply[1] == METHOD_REFUSED)
        return CURLPX_NO_AUTH;
    return reply[1] == METHOD_NONE || *ret_password ? CURLPX_OK : CURLPX_UNKNOWN_MODE;
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
