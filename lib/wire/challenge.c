/* SPDX-License-Identifier: MIT */
#include "wire/challenge.h"

static void skip(struct str *s, size_t len)
{
    s->at += len;
    s->len -= len;
}

static void skip_blanks(struct str *s)
{
    while (s->len && ascii_is_blank(s->at[0]))
        skip(s, 1);
}

static void skip_separators(struct str *s)
{
    while (s->len && (ascii_is_blank(s->at[0]) || s->at[0] == ','))
        skip(s, 1);
}

/* Bytes up to one that ends a word. */
static size_t word_len(struct str s)
{
    size_t len = 0;

    while (len < s.len && !ascii_is_blank(s.at[len]) && s.at[len] != ',' && s.at[len] != '=' &&
           s.at[len] != '"')
        len++;
    return len;
}

/* Bytes of an item of a list: up to a comma that is in no quotes. */
static size_t item_len(struct str s)
{
    bool quoted = false;
    size_t len = 0;

    for (; len < s.len && (quoted || s.at[len] != ','); len++) {
        if (s.at[len] == '"')
            quoted = !quoted;
        else if (quoted && s.at[len] == '\\' && len + 1 < s.len)
            len++;
    }
    return len;
}

/* "Scheme", "Scheme param=value" or "Scheme token68", and not "param = value". */
static bool begins_challenge(struct str item)
{
    size_t len = word_len(item);

    skip(&item, len);
    if (!len || (item.len && (item.at[0] == '=' || item.at[0] == '"')))
        return false;
    skip_blanks(&item);
    return !item.len || item.at[0] != '=';
}

bool challenge_next(struct str *field, struct challenge *ret)
{
    struct str rest = *field;
    const char *end;

    for (;;) { /* what is no challenge before the first one is passed over */
        skip_separators(&rest);
        if (!rest.len)
            return false;
        if (begins_challenge(rest))
            break;
        skip(&rest, item_len(rest));
    }
    ret->scheme = (struct str){rest.at, word_len(rest)};
    skip(&rest, ret->scheme.len);
    skip_blanks(&rest);
    ret->text.at = rest.at;
    do {
        skip(&rest, item_len(rest));
        end = rest.at;
        skip_separators(&rest);
    } while (rest.len && !begins_challenge(rest));
    ret->text = str_trim_blanks((struct str){ret->text.at, (size_t)(end - ret->text.at)});
    *field = rest;
    return true;
}

/* What stands behind '='. */
static void take_value(struct str *text, struct buf *value)
{
    if (text->len && text->at[0] == '"') {
        skip(text, 1);
        while (text->len && text->at[0] != '"') {
            if (text->at[0] == '\\' && text->len > 1)
                skip(text, 1);
            buf_append_char(value, text->at[0]);
            skip(text, 1);
        }
        skip(text, text->len ? 1 : 0);
        return;
    }
    while (text->len && text->at[0] != ',' && !ascii_is_blank(text->at[0])) {
        buf_append_char(value, text->at[0]);
        skip(text, 1);
    }
}

bool challenge_param(struct str *text, struct str *ret_name, struct buf *value)
{
    buf_clear(value);
    for (;;) {
        size_t len;

        skip_separators(text);
        len = word_len(*text);
        if (!text->len)
            return false;
        *ret_name = (struct str){text->at, len};
        skip(text, len);
        skip_blanks(text);
        if (len && text->len && text->at[0] == '=')
            break;
        skip(text, item_len(*text)); /* no parameter */
    }
    skip(text, 1);
    skip_blanks(text);
    take_value(text, value);
    skip(text, item_len(*text));
    return buf_append(value, "", 0);
}
