/* SPDX-License-Identifier: MIT */
#include "wire/ftp_port.h"

/* "PORT[-PORT]"; anything else leaves 0 and 0. */
static void read_ports(struct str s, struct ftp_port *p)
{
    int64_t first, last;

    if (!str_take_number(&s, 65535, &first))
        return;
    last = first;
    if (s.len && s.at[0] == '-') {
        s = (struct str){s.at + 1, s.len - 1};
        if (!str_take_number(&s, 65535, &last) || last < first)
            last = first;
    }
    if (s.len || !first)
        return;
    p->first = (int)first;
    p->last = (int)last;
}

struct ftp_port ftp_port_parse(const char *text)
{
    struct str s = str_of(text);
    struct ftp_port p = {.host = s};
    const char *end = s.len && s.at[0] == '[' ? memchr(s.at, ']', s.len) : NULL;
    const char *colon;

    if (end) {
        p.host = (struct str){s.at + 1, (size_t)(end - s.at) - 1};
        s = (struct str){end + 1, s.len - p.host.len - 2};
    }
    colon = s.len ? memchr(s.at, ':', s.len) : NULL;
    if (!colon)
        return p;
    if (!end && memchr(colon + 1, ':', s.len - (size_t)(colon + 1 - s.at)))
        return p; /* an IPv6 address */
    if (!end)
        p.host = (struct str){s.at, (size_t)(colon - s.at)};
    read_ports((struct str){colon + 1, s.len - (size_t)(colon + 1 - s.at)}, &p);
    return p;
}
