/* SPDX-License-Identifier: MIT */
#include "wire/dict.h"

#include "wire/escape.h"

#include <string.h>

static bool has_control(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++) {
        if ((unsigned char)b->bytes[i] < ' ')
            return true;
    }
    return false;
}

/* Up to the next colon; cut from the rest. */
static struct str take_part(struct str *rest)
{
    const char *colon = rest->len ? memchr(rest->at, ':', rest->len) : NULL;
    struct str part = {rest->at, colon ? (size_t)(colon - rest->at) : rest->len};
    size_t used = part.len + (colon != NULL);

    *rest = (struct str){rest->at + used, rest->len - used};
    return part;
}

/* A word of the protocol, whatever bytes it has (RFC 2229 2.2). */
static void append_word(struct buf *to, struct str word, const char *if_none)
{
    buf_append_char(to, ' ');
    if (!word.len)
        buf_append_text(to, if_none);
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.at[i];

        if (c <= ' ' || c >= 127 || c == '\'' || c == '"' || c == '\\')
            buf_append_char(to, '\\');
        buf_append_char(to, word.at[i]);
    }
}

static void append_define(struct buf *to, struct str rest)
{
    struct str word = take_part(&rest), database = take_part(&rest);

    buf_append_text(to, "DEFINE");
    append_word(to, database, "!");
    append_word(to, word, "default");
}

static void append_match(struct buf *to, struct str rest)
{
    struct str word = take_part(&rest), database = take_part(&rest), how = take_part(&rest);

    buf_append_text(to, "MATCH");
    append_word(to, database, "!");
    append_word(to, how, ".");
    append_word(to, word, "default");
}

/* Another command of the protocol, colons between its words. */
static void append_words(struct buf *to, struct str path)
{
    for (size_t i = 0; i < path.len; i++)
        buf_append(to, path.at[i] == ':' ? " " : path.at + i, 1);
}

static bool is_one_of(struct str name, const char *const *names)
{
    for (; *names; names++) {
        if (str_equal_nocase(name, str_of(*names)))
            return true;
    }
    return false;
}

CURLcode dict_append_command(struct buf *to, struct str path)
{
    static const char *const defines[] = {"d", "define", "lookup", NULL};
    static const char *const matches[] = {"m", "match", "find", NULL};
    scoped(buf) plain = {0};
    struct str whole, rest, name;

    if (path.len && path.at[0] == '/')
        path = (struct str){path.at + 1, path.len - 1};
    if (!unescape_append(&plain, path))
        return CURLE_OUT_OF_MEMORY;
    if (has_control(&plain))
        return CURLE_URL_MALFORMAT;
    whole = rest = (struct str){buf_text(&plain), plain.len};
    name = take_part(&rest);
    if (name.len < whole.len && is_one_of(name, defines))
        append_define(to, rest);
    else if (name.len < whole.len && is_one_of(name, matches))
        append_match(to, rest);
    else
        append_words(to, whole);
    buf_append_text(to, "\r\n");
    return buf_failed(to) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}
