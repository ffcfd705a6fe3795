/* SPDX-License-Identifier: MIT */
/* c-ares has a parser for such lists, but 1.18 takes no brackets without a port and cuts ports that
 * are too large to some other number. */
#include "net/dns_servers.h"

#include "base/str.h"
#include "net/address.h"

enum { PORT_MAX = 65535 };

/* Cuts the address off: in brackets, or an IPv6 address by itself, or what is before a colon. */
static struct str take_host(struct str *s)
{
    struct str host = *s;
    const char *end;

    if (s->len && s->at[0] == '[') {
        end = memchr(s->at, ']', s->len);
        if (!end)
            return (struct str){0};
        host = (struct str){s->at + 1, (size_t)(end - s->at - 1)};
        end++;
    } else {
        const char *colon = s->len ? memchr(s->at, ':', s->len) : NULL;
        size_t behind = colon ? s->len - (size_t)(colon + 1 - s->at) : 0;
        bool is_ip6 = behind && memchr(colon + 1, ':', behind);
        end = colon && !is_ip6 ? colon : s->at + s->len;
        host.len = (size_t)(end - s->at);
    }
    s->len -= (size_t)(end - s->at);
    s->at = end;
    return host;
}

static bool parse_one(struct str s, struct ares_addr_port_node *ret)
{
    struct str host = take_host(&s);
    char plain[ADDRESS_TEXT_SIZE];
    struct address a;
    int64_t port = 0;

    if (s.len) {
        if (s.at[0] != ':')
            return false;
        s.at++;
        s.len--;
        if (!str_take_number(&s, PORT_MAX, &port) || s.len || !port)
            return false;
    }
    if (!host.len || host.len >= sizeof(plain))
        return false;
    memcpy(plain, host.at, host.len);
    plain[host.len] = '\0';
    /* c-ares' servers have no zone. */
    if (!address_parse(plain, &a) || strchr(plain, '%'))
        return false;
    *ret = (struct ares_addr_port_node){
        .family = a.at.any.sa_family, .udp_port = (int)port, .tcp_port = (int)port};
    if (ret->family == AF_INET)
        ret->addr.addr4 = a.at.in4.sin_addr;
    else
        memcpy(&ret->addr.addr6, &a.at.in6.sin6_addr, sizeof(ret->addr.addr6));
    return true;
}

size_t dns_servers_parse(const char *text, struct ares_addr_port_node ret[DNS_SERVERS_MOST])
{
    struct str rest = str_of(text);
    size_t count = 0;

    while (rest.len) {
        const char *comma = memchr(rest.at, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.at) : rest.len;
        if (count == DNS_SERVERS_MOST ||
            !parse_one(str_trim_blanks((struct str){rest.at, len}), &ret[count]))
            return 0;
        if (count)
            ret[count - 1].next = &ret[count];
        count++;
        rest.at += len + (comma != NULL);
        rest.len -= len + (comma != NULL);
    }
    return count;
}
