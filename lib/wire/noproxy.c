/* SPDX-License-Identifier: MIT */
#include "wire/noproxy.h"

#include <arpa/inet.h>
#include <string.h>

enum { IP4_BITS = 32, IP6_BITS = 128 };

/* An address in network order. */
struct number {
    unsigned char bytes[16];
    unsigned bits; /* IP4_BITS or IP6_BITS */
};

/* Brackets around an IPv6 address and a zone id behind it are left out. */
static bool read_address(struct str text, struct number *ret)
{
    char plain[INET6_ADDRSTRLEN];
    const char *zone;

    if (text.len > 1 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        text = (struct str){text.at + 1, text.len - 2};
    zone = text.len ? memchr(text.at, '%', text.len) : NULL;
    if (zone)
        text.len = (size_t)(zone - text.at);
    if (!text.len || text.len >= sizeof(plain) || memchr(text.at, '\0', text.len))
        return false;
    memcpy(plain, text.at, text.len);
    plain[text.len] = '\0';
    *ret = (struct number){.bits = IP4_BITS};
    if (!zone && inet_pton(AF_INET, plain, ret->bytes) == 1)
        return true;
    ret->bits = IP6_BITS;
    return inet_pton(AF_INET6, plain, ret->bytes) == 1;
}

static bool same_bits(const struct number *a, const struct number *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return !rest || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

/* "address" or "address/bits". */
static bool covers_address(struct str entry, const struct number *host)
{
    const char *slash = memchr(entry.at, '/', entry.len);
    struct number network;
    int64_t bits = host->bits;

    if (slash) {
        struct str rest = {slash + 1, entry.len - (size_t)(slash + 1 - entry.at)};
        if (!str_take_number(&rest, host->bits, &bits) || rest.len)
            return false;
        entry.len = (size_t)(slash - entry.at);
    }
    return read_address(entry, &network) && network.bits == host->bits &&
           same_bits(&network, host, (unsigned)bits);
}

static struct str without_last_dot(struct str name)
{
    if (name.len && name.at[name.len - 1] == '.')
        name.len--;
    return name;
}

/* The name itself, or one below it. */
static bool covers_name(struct str entry, struct str host)
{
    struct str tail;

    entry = without_last_dot(entry);
    if (entry.len && entry.at[0] == '.')
        entry = (struct str){entry.at + 1, entry.len - 1};
    if (!entry.len || entry.len > host.len)
        return false;
    tail = (struct str){host.at + (host.len - entry.len), entry.len};
    return str_equal_nocase(tail, entry) &&
           (host.len == entry.len || host.at[host.len - entry.len - 1] == '.');
}

bool noproxy_covers(const char *list, struct str host)
{
    struct number number;
    bool is_address;

    if (!host.len)
        return false;
    if (!strcmp(list, "*"))
        return true;
    is_address = read_address(host, &number);
    host = without_last_dot(host);
    while (*list) {
        size_t len = strcspn(list, ",");
        struct str entry = str_trim_blanks((struct str){list, len});

        if (entry.len && (is_address ? covers_address(entry, &number) : covers_name(entry, host)))
            return true;
        list += len;
        if (*list)
            list++;
    }
    return false;
}
