/* SPDX-License-Identifier: MIT */
#include "wire/connect_to.h"

enum { PORT_MAX = 65535 };

/* Cuts a field up to ':' or the end; a field in brackets may hold colons, which are left out. */
static bool take_field(struct str *rest, struct str *ret_field)
{
    const char *end;

    if (rest->len && rest->at[0] == '[') {
        end = memchr(rest->at, ']', rest->len);
        if (!end)
            return false;
        *ret_field = (struct str){rest->at + 1, (size_t)(end - rest->at) - 1};
        end++;
    } else {
        end = rest->len ? memchr(rest->at, ':', rest->len) : NULL;
        if (!end)
            end = rest->at + rest->len;
        *ret_field = (struct str){rest->at, (size_t)(end - rest->at)};
    }
    rest->len -= (size_t)(end - rest->at);
    rest->at = end;
    if (rest->len && rest->at[0] != ':')
        return false;
    return true;
}

static bool take_colon(struct str *rest)
{
    if (!rest->len)
        return false;
    rest->at++;
    rest->len--;
    return true;
}

/* An empty text leaves *port as it is. */
static bool read_port(struct str text, int *port)
{
    int64_t number;

    if (!text.len)
        return true;
    if (!str_take_number(&text, PORT_MAX, &number) || text.len)
        return false;
    *port = (int)number;
    return true;
}

/* CURLE_AGAIN: it is not for this place, or no such text. */
static CURLcode try_entry(struct str entry, struct str host, int port, struct buf *ret_host,
                          int *ret_port, struct str *ret_bad)
{
    struct str from_host, from_port, to_host, to_port;
    int wanted = port, target = *ret_port;

    if (!take_field(&entry, &from_host) || !take_colon(&entry) || !take_field(&entry, &from_port) ||
        !take_colon(&entry) || !take_field(&entry, &to_host))
        return CURLE_AGAIN;
    to_port = STR("");
    if (take_colon(&entry) && !take_field(&entry, &to_port))
        return CURLE_AGAIN;
    if (!read_port(from_port, &wanted) || wanted != port ||
        (from_host.len && !str_equal_nocase(from_host, host)))
        return CURLE_AGAIN;
    if (!read_port(to_port, &target)) {
        *ret_bad = to_port;
        return CURLE_SETOPT_OPTION_SYNTAX;
    }
    if (to_host.len && !buf_append(ret_host, to_host.at, to_host.len))
        return CURLE_OUT_OF_MEMORY;
    *ret_port = target;
    return CURLE_OK;
}

CURLcode connect_to_find(const struct curl_slist *entries, struct str host, int port,
                         struct buf *ret_host, int *ret_port, struct str *ret_bad)
{
    CURLcode result = CURLE_AGAIN;

    for (; entries && result == CURLE_AGAIN; entries = entries->next)
        result = try_entry(str_of(entries->data), host, port, ret_host, ret_port, ret_bad);
    return result == CURLE_AGAIN ? CURLE_OK : result;
}
