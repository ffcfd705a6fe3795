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

/* 1: matches, and the result is written; 0: does not; -1: no memory. */
static int try_entry(struct str entry, struct str host, int port, struct buf *ret_host,
                     int *ret_port)
{
    struct str from_host, from_port, to_host, to_port;
    int wanted = port, target = *ret_port;

    if (!take_field(&entry, &from_host) || !take_colon(&entry) || !take_field(&entry, &from_port) ||
        !take_colon(&entry) || !take_field(&entry, &to_host))
        return 0;
    to_port = STR("");
    if (take_colon(&entry) && !take_field(&entry, &to_port))
        return 0;
    if (!read_port(from_port, &wanted) || !read_port(to_port, &target))
        return 0;
    if (wanted != port || (from_host.len && !str_equal_nocase(from_host, host)))
        return 0;
    if (to_host.len && !buf_append(ret_host, to_host.at, to_host.len))
        return -1;
    *ret_port = target;
    return 1;
}

bool connect_to_find(const struct curl_slist *entries, struct str host, int port,
                     struct buf *ret_host, int *ret_port)
{
    for (; entries; entries = entries->next) {
        int found = try_entry(str_of(entries->data), host, port, ret_host, ret_port);
        if (found)
            return found > 0;
    }
    return true;
}
