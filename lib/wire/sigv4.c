/* SPDX-License-Identifier: MIT */
#include "wire/sigv4.h"

#include "base/mem.h"
#include "wire/escape.h"
#include "wire/sigv4_headers.h"
#include "wire/sum.h"

#include <stdlib.h>
#include <time.h>

enum { HASH = 32 };

/* ---- Path and query ---- */

bool sigv4_canonical_path(struct buf *to, struct str path, bool once)
{
    return escape_append_except(to, path, once ? "/%" : "/");
}

/* A name or a value: what is encoded is decoded and encoded again, in upper case. */
static bool add_query_part(struct buf *to, struct str part)
{
    scoped(buf) plain = {0};

    return unescape_append(&plain, part) &&
           escape_append(to, (struct str){buf_text(&plain), plain.len});
}

/* "name=value" of a pair of the query, as it will be compared and written. */
static bool canonical_pair(struct buf *to, struct str pair)
{
    const char *equals = memchr(pair.at, '=', pair.len);
    size_t len = equals ? (size_t)(equals - pair.at) : pair.len;

    if (!add_query_part(to, (struct str){pair.at, len}))
        return false;
    buf_append_char(to, '=');
    return !equals || add_query_part(to, (struct str){equals + 1, pair.len - len - 1});
}

static int compare_pairs(const void *a, const void *b)
{
    const struct buf *first = a, *second = b;
    size_t x = strcspn(first->bytes, "="), y = strcspn(second->bytes, "=");
    int order = memcmp(first->bytes, second->bytes, x < y ? x : y);

    if (!order && x != y)
        order = x < y ? -1 : 1;
    return order ? order : strcmp(first->bytes + x, second->bytes + y);
}

static size_t count_pairs(struct str query)
{
    size_t count = 1;

    for (size_t i = 0; i < query.len; i++)
        count += query.at[i] == '&';
    return count;
}

bool sigv4_canonical_query(struct buf *to, struct str query)
{
    size_t most = count_pairs(query), count = 0;
    struct buf *pairs = mem_calloc(most, sizeof(*pairs));
    bool ok = pairs != NULL;

    while (ok && query.len) {
        const char *end = memchr(query.at, '&', query.len);
        size_t len = end ? (size_t)(end - query.at) : query.len;
        if (len)
            ok = canonical_pair(&pairs[count++], (struct str){query.at, len});
        len += end ? 1 : 0;
        query.at += len;
        query.len -= len;
    }
    for (size_t i = 0; i < count; i++)
        ok = ok && !buf_failed(&pairs[i]);
    if (ok && count)
        qsort(pairs, count, sizeof(*pairs), compare_pairs);
    for (size_t i = 0; ok && i < count; i++) {
        buf_append_text(to, i ? "&" : "");
        ok = buf_append(to, pairs[i].bytes, pairs[i].len);
    }
    for (size_t i = 0; i < count; i++)
        buf_release(&pairs[i]);
    mem_free(pairs);
    return ok;
}

/* ---- What is signed ---- */

/* The parameters, apart, and what follows from them. */
struct scope {
    struct str provider1, provider2, region, service;
    bool s3;
    char time[20], date[12]; /* "20150830T123600Z", "20150830" */
    struct buf text;         /* "20150830/us-east-1/iam/aws4_request" */
    struct buf payload;      /* the hash of it, as it is written */
    bool own_payload_line;   /* a line of ours says the hash */
    bool own_date_line;
};

static void scope_release(struct scope *s)
{
    buf_release(&s->text);
    buf_release(&s->payload);
}
DEFINE_SCOPED(scope)

/* Cuts what stands in front of `separator`, or all. */
static struct str cut(struct str *s, char separator)
{
    const char *end = s->len ? memchr(s->at, separator, s->len) : NULL;
    struct str part = {s->at, end ? (size_t)(end - s->at) : s->len};

    s->at += part.len + (end ? 1 : 0);
    s->len -= part.len + (end ? 1 : 0);
    return part;
}

static enum sigv4_outcome read_parameters(struct scope *s, const struct sigv4_request *r)
{
    struct str rest = r->parameters, host = r->hostname, label;

    s->provider1 = cut(&rest, ':');
    s->provider2 = cut(&rest, ':');
    s->region = cut(&rest, ':');
    s->service = cut(&rest, ':');
    if (!s->provider1.len)
        return SIGV4_BAD_PARAMETERS;
    if (!s->provider2.len)
        s->provider2 = s->provider1;
    if (!s->service.len) {
        s->service = cut(&host, '.');
        if (!s->service.len || !host.len)
            return SIGV4_NO_SERVICE;
    }
    if (!s->region.len) {
        label = cut(&host, '.');
        if (!label.len || !host.len)
            return SIGV4_NO_REGION;
        s->region = label;
    }
    s->s3 = str_equal_nocase(s->provider1, STR("aws")) &&
            str_equal_nocase(s->provider2, STR("amz")) && str_equal_nocase(s->service, STR("s3"));
    return SIGV4_OK;
}

static void append_lower(struct buf *to, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_append_char(to, ascii_lower(s.at[i]));
}

static void append_upper(struct buf *to, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_append_char(to, ascii_upper(s.at[i]));
}

/* "X-Amz-Date" */
static void append_date_name(struct buf *to, const struct scope *s)
{
    buf_append_text(to, "X-");
    buf_append_char(to, ascii_upper(s->provider2.at[0]));
    append_lower(to, (struct str){s->provider2.at + 1, s->provider2.len - 1});
    buf_append_text(to, "-Date");
}

/* "x-amz-date" and "x-amz-content-sha256" */
static bool append_name(struct buf *to, const struct scope *s, const char *end)
{
    buf_append_text(to, "x-");
    append_lower(to, s->provider2);
    return buf_append_text(to, end);
}

static bool is_time(struct str s)
{
    if (s.len != 16 || s.at[8] != 'T' || s.at[15] != 'Z')
        return false;
    for (size_t i = 0; i < 15; i++) {
        if (i != 8 && !ascii_is_digit(s.at[i]))
            return false;
    }
    return true;
}

/* The time of the program's own date line, else `now`. */
static bool choose_time(struct scope *s, const struct sigv4_request *r, struct sigv4_headers *h)
{
    time_t now = (time_t)r->time;
    scoped(buf) name = {0};
    const struct buf *own;
    struct tm tm;

    if (!append_name(&name, s, "-date"))
        return false;
    own = sigv4_headers_find(h, name.bytes);
    if (own && is_time((struct str){buf_text(own), own->len})) {
        memcpy(s->time, own->bytes, 17);
    } else {
        if (!gmtime_r(&now, &tm) || strftime(s->time, sizeof(s->time), "%Y%m%dT%H%M%SZ", &tm) != 16)
            return false;
        s->own_date_line = !own;
        if (s->own_date_line)
            sigv4_headers_add(h, (struct str){name.bytes, name.len}, str_of(s->time));
    }
    memcpy(s->date, s->time, 8);
    return true;
}

static bool append_hash(struct buf *to, struct str bytes)
{
    unsigned char sum[HASH];

    return sum_of(SUM_SHA256, bytes.at, bytes.len, sum) && sum_append_hex(to, sum, sizeof(sum));
}

static bool choose_payload(struct scope *s, const struct sigv4_request *r, struct sigv4_headers *h)
{
    scoped(buf) name = {0};
    const struct buf *own;

    if (!append_name(&name, s, "-content-sha256"))
        return false;
    own = sigv4_headers_find(h, name.bytes);
    if (own)
        return buf_append(&s->payload, own->bytes, own->len);
    if (s->s3 && r->unsigned_payload)
        buf_append_text(&s->payload, "UNSIGNED-PAYLOAD");
    else if (!append_hash(&s->payload, r->payload))
        return false;
    s->own_payload_line = s->s3;
    if (s->s3)
        sigv4_headers_add(h, (struct str){name.bytes, name.len},
                          (struct str){s->payload.bytes, s->payload.len});
    return !buf_failed(&s->payload);
}

static bool write_canonical(const struct scope *s, const struct sigv4_request *r,
                            struct sigv4_headers *h, struct buf *to, struct buf *names)
{
    buf_append(to, r->method.at, r->method.len);
    buf_append_char(to, '\n');
    if (!sigv4_canonical_path(to, r->path, s->s3))
        return false;
    buf_append_char(to, '\n');
    if (!sigv4_canonical_query(to, r->query))
        return false;
    buf_append_char(to, '\n');
    if (!sigv4_headers_write(h, to, names))
        return false;
    buf_append_char(to, '\n');
    buf_append(to, names->bytes, names->len);
    buf_append_char(to, '\n');
    return buf_append(to, s->payload.bytes, s->payload.len);
}

/* ---- The signature ---- */

static bool write_scope(struct scope *s)
{
    buf_append_text(&s->text, s->date);
    buf_append_char(&s->text, '/');
    buf_append(&s->text, s->region.at, s->region.len);
    buf_append_char(&s->text, '/');
    buf_append(&s->text, s->service.at, s->service.len);
    buf_append_char(&s->text, '/');
    append_lower(&s->text, s->provider1);
    return buf_append_text(&s->text, "4_request");
}

/* "AWS4-HMAC-SHA256" */
static bool append_algorithm(struct buf *to, const struct scope *s)
{
    append_upper(to, s->provider1);
    return buf_append_text(to, "4-HMAC-SHA256");
}

/* The key grows with each word of the scope. */
static bool derive_key(const struct scope *s, struct str password, unsigned char key[HASH])
{
    scoped(buf) secret = {0}, request = {0};
    const struct str words[] = {s->region, s->service};
    bool ok;

    append_upper(&secret, s->provider1);
    buf_append_char(&secret, '4');
    append_lower(&request, s->provider1);
    if (!buf_append(&secret, password.at, password.len) || !buf_append_text(&request, "4_request"))
        return false;
    ok = sum_keyed(SUM_SHA256, secret.bytes, secret.len, s->date, 8, key);
    for (size_t i = 0; ok && i < 2; i++)
        ok = sum_keyed(SUM_SHA256, key, HASH, words[i].at, words[i].len, key);
    return ok && sum_keyed(SUM_SHA256, key, HASH, request.bytes, request.len, key);
}

static bool append_signature(struct buf *to, const struct scope *s, struct str password,
                             const struct buf *canonical)
{
    unsigned char key[HASH], sum[HASH];
    scoped(buf) text = {0};

    append_algorithm(&text, s);
    buf_append_char(&text, '\n');
    buf_append_text(&text, s->time);
    buf_append_char(&text, '\n');
    buf_append(&text, s->text.bytes, s->text.len);
    buf_append_char(&text, '\n');
    if (!append_hash(&text, (struct str){canonical->bytes, canonical->len}) || buf_failed(&text))
        return false;
    return derive_key(s, password, key) &&
           sum_keyed(SUM_SHA256, key, HASH, text.bytes, text.len, sum) &&
           sum_append_hex(to, sum, HASH);
}

static bool write_lines(const struct scope *s, const struct sigv4_request *r,
                        const struct buf *names, const struct buf *canonical, struct buf *lines)
{
    buf_append_text(lines, "Authorization: ");
    append_algorithm(lines, s);
    buf_append_text(lines, " Credential=");
    escape_append(lines, r->user);
    buf_append_char(lines, '/');
    buf_append(lines, s->text.bytes, s->text.len);
    buf_append_text(lines, ", SignedHeaders=");
    buf_append(lines, names->bytes, names->len);
    buf_append_text(lines, ", Signature=");
    if (!append_signature(lines, s, r->password, canonical))
        return false;
    buf_append_text(lines, "\r\n");
    if (s->own_date_line) {
        append_date_name(lines, s);
        buf_append_text(lines, ": ");
        buf_append_text(lines, s->time);
        buf_append_text(lines, "\r\n");
    }
    if (s->own_payload_line) {
        append_name(lines, s, "-content-sha256: ");
        buf_append(lines, s->payload.bytes, s->payload.len);
        buf_append_text(lines, "\r\n");
    }
    return !buf_failed(lines);
}

enum sigv4_outcome sigv4_write(const struct sigv4_request *r, struct buf *lines)
{
    scoped(scope) s = {0};
    scoped(sigv4_headers) headers = {0};
    scoped(buf) canonical = {0}, names = {0};
    enum sigv4_outcome outcome = read_parameters(&s, r);

    if (outcome)
        return outcome;
    sigv4_headers_add_list(&headers, r->headers);
    if (!sigv4_headers_find(&headers, "host"))
        sigv4_headers_add(&headers, STR("host"), r->host);
    if (!choose_payload(&s, r, &headers) || !choose_time(&s, r, &headers) || !write_scope(&s) ||
        !write_canonical(&s, r, &headers, &canonical, &names) ||
        !write_lines(&s, r, &names, &canonical, lines))
        return SIGV4_FAILED;
    return SIGV4_OK;
}
