/* SPDX-License-Identifier: MIT */
#include "wire/url_host.h"

#include "base/buf.h"
#include "base/mem.h"
#include "wire/escape.h"

#include <arpa/inet.h>

/* ---- IPv4 in numbers ---- */

/* A part of a numeric address: decimal, octal with a leading 0 or hexadecimal with 0x. */
static bool take_part(struct str *s, uint32_t *ret_number)
{
    uint64_t number = 0;
    int base = 10, digits = 0;

    if (s->len > 1 && s->at[0] == '0') {
        bool hex = ascii_lower(s->at[1]) == 'x';
        size_t prefix = hex ? 2 : 1;

        if (hex || ascii_is_digit(s->at[1])) {
            base = hex ? 16 : 8;
            *s = (struct str){s->at + prefix, s->len - prefix};
        }
    }
    for (; s->len && ascii_is_hex(s->at[0]); digits++) {
        int digit = ascii_hex_value(s->at[0]);

        if (digit >= base)
            return false;
        number = number * (uint64_t)base + (uint64_t)digit;
        if (number > UINT32_MAX)
            return false;
        *s = (struct str){s->at + 1, s->len - 1};
    }
    *ret_number = (uint32_t)number;
    return digits > 0;
}

/* a, a.b, a.b.c or a.b.c.d, where the last part fills the bytes that are left. One dot may follow.
 */
static bool parse_ipv4(struct str s, uint32_t *ret_address)
{
    uint32_t parts[4], address = 0;
    int count = 0, bits;

    do {
        if (count == 4 || !take_part(&s, &parts[count++]))
            return false;
        if (!s.len)
            break;
        if (s.at[0] != '.')
            return false;
        s = (struct str){s.at + 1, s.len - 1};
    } while (s.len);
    bits = 8 * (5 - count);
    if (bits < 32 && parts[count - 1] >> bits)
        return false;
    for (int i = 0; i < count - 1; i++) {
        if (parts[i] > 255)
            return false;
        address |= parts[i] << (24 - 8 * i);
    }
    *ret_address = address | parts[count - 1];
    return true;
}

static char *ipv4_text(uint32_t address)
{
    scoped(buf) b = {0};

    for (int shift = 24; shift >= 0; shift -= 8) {
        buf_append_number(&b, address >> shift & 255);
        if (shift)
            buf_append_char(&b, '.');
    }
    return buf_take(&b);
}

/* ---- IPv6 ---- */

/* Cuts "%25zone" or "%zone" off. */
static bool split_zone(struct str *s, struct str *ret_zone)
{
    const char *percent = memchr(s->at, '%', s->len);
    struct str zone;

    *ret_zone = (struct str){NULL, 0};
    if (!percent)
        return true;
    zone = (struct str){percent + 1, s->len - (size_t)(percent + 1 - s->at)};
    if (zone.len >= 2 && zone.at[0] == '2' && zone.at[1] == '5')
        zone = (struct str){zone.at + 2, zone.len - 2};
    s->len = (size_t)(percent - s->at);
    *ret_zone = zone;
    return zone.len > 0 && zone.len <= ZONE_ID_MAX;
}

static bool normalise_ipv6(struct str s, char text[INET6_ADDRSTRLEN])
{
    struct in6_addr address;

    if (s.len >= INET6_ADDRSTRLEN)
        return false;
    if (s.len)
        memcpy(text, s.at, s.len);
    text[s.len] = '\0';
    return strlen(text) == s.len && inet_pton(AF_INET6, text, &address) == 1 &&
           inet_ntop(AF_INET6, &address, text, INET6_ADDRSTRLEN);
}

/* The address between brackets, as it is or with its colons encoded. `decoded` may be used for
 * what the other values point into. */
static CURLUcode take_ipv6(struct str inner, struct buf *decoded, struct str *ret_zone,
                           char normal[INET6_ADDRSTRLEN])
{
    struct str address = inner;

    if (split_zone(&address, ret_zone) && normalise_ipv6(address, normal))
        return CURLUE_OK;
    if (!unescape_append(decoded, inner))
        return CURLUE_OUT_OF_MEMORY;
    address = (struct str){decoded->bytes, decoded->len};
    return split_zone(&address, ret_zone) && normalise_ipv6(address, normal) ? CURLUE_OK
                                                                             : CURLUE_BAD_IPV6;
}

static CURLUcode parse_ipv6(struct str text, char **ret_host, char **ret_zone_id)
{
    struct str zone;
    char normal[INET6_ADDRSTRLEN];
    char *zone_id = NULL;
    scoped(buf) decoded = {0};
    scoped(buf) host = {0};
    CURLUcode result;

    if (text.len < 3 || text.at[text.len - 1] != ']')
        return CURLUE_BAD_IPV6;
    result = take_ipv6((struct str){text.at + 1, text.len - 2}, &decoded, &zone, normal);
    if (result)
        return result;
    if (!buf_printf(&host, "[%s]", normal))
        return CURLUE_OUT_OF_MEMORY;
    if (zone.len) {
        zone_id = mem_memdup0(zone.at, zone.len);
        if (!zone_id)
            return CURLUE_OUT_OF_MEMORY;
    }
    *ret_host = buf_take(&host);
    if (!*ret_host) {
        mem_free(zone_id);
        return CURLUE_OUT_OF_MEMORY;
    }
    *ret_zone_id = zone_id;
    return CURLUE_OK;
}

/* ---- Names ---- */

static bool good_name(const struct buf *name)
{
    size_t len = name->len;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name->bytes[i];

        if (c <= ' ' || c == 0x7f || strchr("/:#?!@{}[]\\$'\"^`*<>=;,+&()|%", c))
            return false;
    }
    if (len == 1)
        return name->bytes[0] != '.';
    return len == 0 || name->bytes[len - 1] != '.' || name->bytes[len - 2] != '.';
}

CURLUcode url_host_parse(struct str text, bool numeric, char **ret_host, char **ret_zone_id)
{
    scoped(buf) name = {0};
    uint32_t address;

    if (text.len && text.at[0] == '[')
        return parse_ipv6(text, ret_host, ret_zone_id);
    if (!unescape_append(&name, text))
        return CURLUE_OUT_OF_MEMORY;
    if (!good_name(&name))
        return CURLUE_BAD_HOSTNAME;
    if (numeric && parse_ipv4((struct str){name.bytes, name.len}, &address))
        *ret_host = ipv4_text(address);
    else
        *ret_host = buf_take(&name);
    *ret_zone_id = NULL;
    return *ret_host ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}
