/* SPDX-License-Identifier: MIT */
#include "wire/dns_message.h"

#include <string.h>

enum {
    HEADER = 12,
    LABEL_MAX = 63,
    NAME_MAX_LEN = 255, /* with the lengths of its labels */
    CLASS_IN = 1,
    TYPE_CNAME = 5,
    ASKS_RECURSION = 0x0100,
    TTL_MOST_S = 24 * 3600,
};

enum { CODE_NO_ERROR = 0, CODE_NO_NAME = 3 };

/* ---- The query ---- */

static void put_16(struct buf *b, unsigned value)
{
    buf_append_char(b, (char)(value >> 8));
    buf_append_char(b, (char)(value & 0xff));
}

static bool put_name(struct buf *b, struct str name)
{
    size_t start = b->len;

    if (name.len && name.at[name.len - 1] == '.')
        name.len--;
    while (name.len) {
        const char *dot = memchr(name.at, '.', name.len);
        size_t len = dot ? (size_t)(dot - name.at) : name.len;

        if (!len || len > LABEL_MAX || (dot && len + 1 == name.len))
            return false;
        buf_append_char(b, (char)len);
        buf_append(b, name.at, len);
        name.at += dot ? len + 1 : len;
        name.len -= dot ? len + 1 : len;
    }
    buf_append_char(b, 0);
    return b->len - start > 1 && b->len - start <= NAME_MAX_LEN;
}

CURLcode dns_query_write(struct buf *b, struct str name, enum dns_type type)
{
    bool is_name;

    put_16(b, 0);
    put_16(b, ASKS_RECURSION);
    put_16(b, 1); /* question */
    put_16(b, 0);
    put_16(b, 0);
    put_16(b, 0);
    is_name = put_name(b, name);
    put_16(b, type);
    put_16(b, CLASS_IN);
    if (buf_failed(b))
        return CURLE_OUT_OF_MEMORY;
    return is_name ? CURLE_OK : CURLE_URL_MALFORMAT;
}

/* ---- The answer ---- */

/* What is left of the message. Reading beyond it fails, and stays failed. */
struct reader {
    struct str left;
    bool failed;
};

static struct str take(struct reader *r, size_t len)
{
    struct str taken = {r->left.at, len};

    if (r->failed || len > r->left.len) {
        r->failed = true;
        return (struct str){NULL, 0};
    }
    r->left.at += len;
    r->left.len -= len;
    return taken;
}

static uint32_t take_number(struct reader *r, size_t len)
{
    struct str bytes = take(r, len);
    uint32_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (unsigned char)bytes.at[i];
    return value;
}

/* A name ends with an empty label or with a pointer to the rest (RFC 1035 4.1.4). */
static void skip_name(struct reader *r)
{
    for (;;) {
        uint32_t len = take_number(r, 1);

        if (r->failed || !len)
            return;
        if ((len & 0xc0) == 0xc0) {
            (void)take(r, 1);
            return;
        }
        if (len > LABEL_MAX)
            r->failed = true;
        (void)take(r, len);
    }
}

static void take_record(struct reader *r, enum dns_type type, struct dns_reply *ret)
{
    uint32_t record_type, record_class, ttl;
    struct str data;

    skip_name(r);
    record_type = take_number(r, 2);
    record_class = take_number(r, 2);
    ttl = take_number(r, 4);
    data = take(r, take_number(r, 2));
    if (r->failed || record_class != CLASS_IN)
        return;
    if (ttl > INT32_MAX)
        ttl = 0; /* RFC 2181 8 */
    if ((record_type == TYPE_CNAME || record_type == type) && ttl < ret->ttl_s)
        ret->ttl_s = ttl;
    if (record_type != type)
        return;
    if (data.len != (type == DNS_TYPE_A ? 4 : 16))
        r->failed = true;
    else if (ret->count < DNS_ADDRESSES_MAX)
        memcpy(ret->addresses[ret->count++], data.at, data.len);
}

enum dns_outcome dns_reply_read(struct str message, enum dns_type type, struct dns_reply *ret)
{
    struct reader r = {.left = message};
    uint32_t id = take_number(&r, 2), flags = take_number(&r, 2);
    uint32_t questions = take_number(&r, 2), answers = take_number(&r, 2);

    ret->ttl_s = TTL_MOST_S;
    ret->count = 0;
    (void)take(&r, HEADER - 8);
    if (r.failed || id)
        return DNS_MALFORMED;
    if ((flags & 0xf) == CODE_NO_NAME)
        return DNS_NO_NAME;
    if ((flags & 0xf) != CODE_NO_ERROR)
        return DNS_REFUSED;
    for (; questions && !r.failed; questions--) {
        skip_name(&r);
        (void)take(&r, 4);
    }
    for (; answers && !r.failed; answers--)
        take_record(&r, type, ret);
    if (r.failed)
        return DNS_MALFORMED;
    return ret->count ? DNS_ADDRESSES : DNS_NO_ADDRESS;
}
