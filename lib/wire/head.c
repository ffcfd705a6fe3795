/* SPDX-License-Identifier: MIT */
#include "wire/head.h"

#include "base/hash.h"
#include "wire/date.h"

/* ---- The status line ---- */

static bool has_forbidden(struct str line)
{
    return line.len && (memchr(line.at, '\0', line.len) || memchr(line.at, '\r', line.len));
}

static struct str cut(struct str s, size_t len)
{
    return (struct str){s.at + len, s.len - len};
}

static bool take_digit(struct str *s, int *ret_digit)
{
    if (!s->len || !ascii_is_digit(s->at[0]))
        return false;
    *ret_digit = s->at[0] - '0';
    *s = cut(*s, 1);
    return true;
}

/* "1.1", "1.0", "2" or "2.0". */
static bool take_version(struct str *s, int *ret_major, int *ret_minor)
{
    int major, minor = 0;
    bool dotted;

    if (!take_digit(s, &major))
        return false;
    dotted = s->len && s->at[0] == '.';
    if (dotted) {
        *s = cut(*s, 1);
        if (!take_digit(s, &minor))
            return false;
    }
    *ret_major = major;
    *ret_minor = minor;
    return (major == 1 && dotted && minor <= 1) || (major == 2 && minor == 0);
}

static bool take_code(struct str *s, int *ret_code)
{
    int hundreds, tens, ones;

    if (!take_digit(s, &hundreds) || !take_digit(s, &tens) || !take_digit(s, &ones))
        return false;
    *ret_code = hundreds * 100 + tens * 10 + ones;
    return hundreds > 0 && (!s->len || ascii_is_blank(s->at[0]));
}

CURLcode head_parse_status(struct str line, struct head_status *ret_status)
{
    struct head_status status;

    if (has_forbidden(line) || !str_starts_nocase(line, STR("HTTP/")))
        return CURLE_WEIRD_SERVER_REPLY;
    line = cut(line, 5);
    if (!take_version(&line, &status.major, &status.minor) || !line.len || line.at[0] != ' ')
        return CURLE_UNSUPPORTED_PROTOCOL;
    line = str_trim_blanks(line);
    if (!take_code(&line, &status.code))
        return CURLE_UNSUPPORTED_PROTOCOL;
    status.reason = str_trim_blanks(line);
    *ret_status = status;
    return CURLE_OK;
}

bool head_may_be_status(struct str bytes)
{
    struct str begin = STR("HTTP/");

    if (bytes.len > begin.len)
        bytes.len = begin.len;
    begin.len = bytes.len;
    return str_equal_nocase(bytes, begin);
}

/* ---- Fields ---- */

CURLcode head_parse_field(struct str line, struct str *ret_name, struct str *ret_value)
{
    const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
    size_t name_len;

    if (!colon || colon == line.at || has_forbidden(line))
        return CURLE_WEIRD_SERVER_REPLY;
    name_len = (size_t)(colon - line.at);
    *ret_name = (struct str){line.at, name_len};
    *ret_value = str_trim_blanks(cut(line, name_len + 1));
    return CURLE_OK;
}

/* Cuts the next element of a comma-separated list off, trimmed; false at the list's end. */
static bool take_element(struct str *list, struct str *ret_element)
{
    const char *comma;
    size_t len;

    if (!list->at)
        return false;
    comma = list->len ? memchr(list->at, ',', list->len) : NULL;
    len = comma ? (size_t)(comma - list->at) : list->len;
    *ret_element = str_trim_blanks((struct str){list->at, len});
    *list = comma ? cut(*list, len + 1) : (struct str){NULL, 0};
    return true;
}

void head_facts_init(struct head_facts *f)
{
    *f = (struct head_facts){
        .content_length = -1,
        .range_start = -1,
        .range_total = -1,
        .last_modified = -1,
        .retry_after_s = -1,
    };
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.at[i]))
            return false;
    }
    return s.len > 0;
}

/* A list of equal numbers, in one field or several (RFC 9110 8.6). */
static CURLcode add_content_length(struct head_facts *f, struct str value, int64_t now,
                                   const char **ret_reason)
{
    struct str element;

    (void)now;
    *ret_reason = "Invalid Content-Length: value";
    while (take_element(&value, &element)) {
        int64_t length;

        if (!all_digits(element))
            return CURLE_WEIRD_SERVER_REPLY;
        if (!str_take_number(&element, INT64_MAX, &length)) {
            if (f->content_length >= 0)
                return CURLE_WEIRD_SERVER_REPLY;
            f->length_overflow = true;
            f->close = true;
            continue;
        }
        if (f->length_overflow || (f->content_length >= 0 && f->content_length != length))
            return CURLE_WEIRD_SERVER_REPLY;
        f->content_length = length;
    }
    return CURLE_OK;
}

static enum head_coding coding_named(struct str name)
{
    if (str_equal_nocase(name, STR("gzip")) || str_equal_nocase(name, STR("x-gzip")))
        return HEAD_GZIP;
    if (str_equal_nocase(name, STR("deflate")))
        return HEAD_DEFLATE;
    return HEAD_OTHER_CODING;
}

enum { RETRY_AFTER_MOST_S = 6 * 60 * 60 };

const char head_unsolicited[] = "Unsolicited Transfer-Encoding found";

static CURLcode add_coding(struct head_facts *f, struct str name, const char **ret_reason)
{
    if (str_equal_nocase(name, STR("chunked"))) {
        f->chunked = true;
        return CURLE_OK;
    }
    if (f->chunked) {
        *ret_reason = "A Transfer-Encoding follows chunked";
        return CURLE_BAD_CONTENT_ENCODING;
    }
    if (str_equal_nocase(name, STR("identity")))
        return CURLE_OK;
    if (!f->codings_wanted) {
        *ret_reason = head_unsolicited;
        return CURLE_BAD_CONTENT_ENCODING;
    }
    if (f->coding_count == HEAD_CODINGS_MAX) {
        *ret_reason = "Reject response exceeding limit of 5 transfer encodings";
        return CURLE_BAD_CONTENT_ENCODING;
    }
    f->codings[f->coding_count++] = coding_named(name);
    f->other_coding = true;
    return CURLE_OK;
}

static CURLcode add_transfer_encoding(struct head_facts *f, struct str value, int64_t now,
                                      const char **ret_reason)
{
    struct str element;

    (void)now;
    f->has_transfer_encoding = true;
    while (take_element(&value, &element)) {
        CURLcode result;

        if (f->raw_transfer && !str_equal_nocase(element, STR("chunked")))
            continue;
        result = element.len ? add_coding(f, element, ret_reason) : CURLE_OK;

        if (result)
            return result;
    }
    return CURLE_OK;
}

static CURLcode add_connection(struct head_facts *f, struct str value, int64_t now,
                               const char **ret_reason)
{
    struct str element;

    (void)now;
    (void)ret_reason;
    while (take_element(&value, &element)) {
        if (str_equal_nocase(element, STR("close")))
            f->close = true;
        else if (str_equal_nocase(element, STR("keep-alive")))
            f->keep_alive = true;
    }
    return CURLE_OK;
}

/* "bytes 100-199/1000", "bytes 3/7" or "bytes" and a star for what is not known; the unit is
 * often missing. */
static CURLcode add_content_range(struct head_facts *f, struct str value, int64_t now,
                                  const char **ret_reason)
{
    const char *slash = value.len ? memchr(value.at, '/', value.len) : NULL;
    int64_t number;

    (void)now;
    (void)ret_reason;
    f->has_content_range = true;
    f->range_start = f->range_total = -1;
    if (slash) {
        struct str total = cut(value, (size_t)(slash - value.at) + 1);

        if (str_take_number(&total, INT64_MAX, &number))
            f->range_total = number;
        value.len = (size_t)(slash - value.at);
    }
    while (value.len && !ascii_is_digit(value.at[0]) && value.at[0] != '*')
        value = cut(value, 1);
    if (str_take_number(&value, INT64_MAX, &number))
        f->range_start = number;
    return CURLE_OK;
}

static CURLcode add_accept_ranges(struct head_facts *f, struct str value, int64_t now,
                                  const char **ret_reason)
{
    (void)now;
    (void)ret_reason;
    if (str_equal_nocase(value, STR("none")))
        f->accept_ranges_none = true;
    return CURLE_OK;
}

static CURLcode add_last_modified(struct head_facts *f, struct str value, int64_t now,
                                  const char **ret_reason)
{
    (void)now;
    (void)ret_reason;
    if (!date_parse(value, &f->last_modified))
        f->last_modified = -1;
    return CURLE_OK;
}

static CURLcode add_retry_after(struct head_facts *f, struct str value, int64_t now,
                                const char **ret_reason)
{
    struct str rest = value;
    int64_t number;

    (void)ret_reason;
    if (str_take_number(&rest, INT64_MAX, &number) && !rest.len)
        f->retry_after_s = number;
    else if (!all_digits(value) && date_parse(value, &number))
        f->retry_after_s = number > now ? number - now : 0;
    if (f->retry_after_s > RETRY_AFTER_MOST_S)
        f->retry_after_s = RETRY_AFTER_MOST_S;
    return CURLE_OK;
}

static CURLcode add_location(struct head_facts *f, struct str value, int64_t now,
                             const char **ret_reason)
{
    uint64_t hash = hash_bytes(value);

    (void)now;
    if (!value.len) /* says nothing */
        return CURLE_OK;
    if (f->has_location && f->location_hash != hash) {
        *ret_reason = "Multiple Location headers";
        return CURLE_WEIRD_SERVER_REPLY;
    }
    f->has_location = true;
    f->location_hash = hash;
    return CURLE_OK;
}

static const struct {
    struct str name;
    CURLcode (*add)(struct head_facts *, struct str value, int64_t now, const char **ret_reason);
} fields[] = {
    {STR("Accept-Ranges"),     add_accept_ranges    },
    {STR("Connection"),        add_connection       },
    {STR("Content-Length"),    add_content_length   },
    {STR("Content-Range"),     add_content_range    },
    {STR("Last-Modified"),     add_last_modified    },
    {STR("Location"),          add_location         },
    {STR("Retry-After"),       add_retry_after      },
    {STR("Transfer-Encoding"), add_transfer_encoding},
};

CURLcode head_facts_add(struct head_facts *f, struct str name, struct str value, int64_t now,
                        const char **ret_reason)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (str_equal_nocase(name, fields[i].name))
            return fields[i].add(f, value, now, ret_reason);
    }
    return CURLE_OK;
}
