/* SPDX-License-Identifier: MIT */
/* Pure text work on pieces of URLs. */
#include "wire/url_inner.h"

#include "wire/escape.h"

bool url_scheme_is_good(struct str scheme)
{
    if (!scheme.len || !ascii_is_alpha(scheme.at[0]))
        return false;
    for (size_t i = 1; i < scheme.len; i++) {
        char c = scheme.at[i];

        if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

size_t url_scheme_len(struct str text, bool guessing)
{
    const char *colon = text.len ? memchr(text.at, ':', text.len) : NULL;
    size_t len = colon ? (size_t)(colon - text.at) : 0;

    if (!len || len > URL_SCHEME_MAX || !url_scheme_is_good((struct str){text.at, len}))
        return 0;
    if (guessing && (len + 1 >= text.len || text.at[len + 1] != '/'))
        return 0;
    return len;
}

bool url_append_clean(struct buf *b, struct str s, bool plus)
{
    if (!buf_reserve(b, s.len))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        unsigned char byte = (unsigned char)c;
        bool done;

        if (c == ' ' && plus) {
            done = buf_append_char(b, '+');
        } else if (c == ' ' || byte >= 0x80) {
            done = escape_append_char(b, c);
        } else if (c == '%' && s.len - i > 2 && ascii_is_hex(s.at[i + 1]) &&
                   ascii_is_hex(s.at[i + 2])) {
            const char escape[] = {'%', ascii_upper(s.at[i + 1]), ascii_upper(s.at[i + 2])};

            done = buf_append(b, escape, sizeof(escape));
            i += 2;
        } else {
            done = buf_append_char(b, c);
        }
        if (!done)
            return false;
    }
    return buf_append(b, "", 0);
}

/* 1 for ".", 2 for "..", each dot as it is or encoded; 0 for anything else. */
static int dots_in(struct str segment)
{
    int dots = 0;

    while (segment.len) {
        size_t len = str_starts_nocase(segment, STR("%2e")) ? 3 : 1;

        if ((len == 1 && segment.at[0] != '.') || ++dots > 2)
            return 0;
        segment = (struct str){segment.at + len, segment.len - len};
    }
    return dots;
}

/* Drops the last "/segment" of what was appended behind `start`. */
static void drop_segment(struct buf *b, size_t start)
{
    while (b->len > start && b->bytes[b->len - 1] != '/')
        b->len--;
    if (b->len > start)
        b->len--;
    b->bytes[b->len] = '\0';
}

bool url_append_without_dots(struct buf *b, struct str path)
{
    size_t start = b->len;

    if (!buf_append(b, "", 0))
        return false;
    while (path.len) {
        size_t slash = path.at[0] == '/' ? 1 : 0;
        const char *end = memchr(path.at + slash, '/', path.len - slash);
        size_t len = end ? (size_t)(end - path.at) : path.len;
        int dots = dots_in((struct str){path.at + slash, len - slash});

        if (!dots && !buf_append(b, path.at, len))
            return false;
        if (dots == 2)
            drop_segment(b, start);
        if (dots && !end && !buf_append_char(b, '/'))
            return false;
        path = (struct str){path.at + len, path.len - len};
    }
    return true;
}

bool url_parse_port(struct str text, int *ret_port)
{
    int64_t number;

    if (!str_take_number(&text, 65535, &number) || text.len)
        return false;
    *ret_port = (int)number;
    return true;
}
