/* SPDX-License-Identifier: MIT */
#include "wire/pop3.h"

#include "wire/sasl.h"

static struct str cut(struct str s, size_t len)
{
    return (struct str){s.at + len, s.len - len};
}

/* `word` at the start, alone or with a blank behind it. */
static bool begins_with(struct str line, struct str word)
{
    return str_starts_nocase(line, word) &&
           (line.len == word.len || ascii_is_blank(line.at[word.len]));
}

enum pop3_status pop3_read_status(struct str line, struct str *ret_text)
{
    enum pop3_status status = POP3_NONE;
    size_t len = 0;

    if (line.len >= 3 && !memcmp(line.at, "+OK", 3)) {
        status = POP3_OK;
        len = 3;
    } else if (line.len >= 4 && !memcmp(line.at, "-ERR", 4)) {
        status = POP3_ERROR;
        len = 4;
    } else if (line.len && line.at[0] == '+') {
        status = POP3_CONTINUE;
        len = 1;
    }
    *ret_text = str_trim_blanks(cut(line, len));
    return status;
}

struct str pop3_find_stamp(struct str welcome)
{
    const char *end = welcome.at + welcome.len;
    const char *open = welcome.len ? memchr(welcome.at, '<', welcome.len) : NULL;
    const char *close = open ? memchr(open, '>', (size_t)(end - open)) : NULL;

    if (!close || !memchr(open, '@', (size_t)(close - open)))
        return STR("");
    return (struct str){open, (size_t)(close - open) + 1};
}

void pop3_read_ability(struct str line, struct pop3_abilities *a)
{
    if (begins_with(line, STR("STLS")))
        a->stls = true;
    else if (begins_with(line, STR("USER")))
        a->user = true;
    else if (begins_with(line, STR("SASL")))
        a->sasl |= sasl_read_list(cut(line, 4));
}

bool pop3_is_multiline(struct str command)
{
    static const struct str single[] = {
        STR("APOP"), STR("AUTH"), STR("DELE"), STR("LAST"), STR("NOOP"), STR("PASS"),
        STR("QUIT"), STR("RSET"), STR("STAT"), STR("STLS"), STR("USER"), STR("UTF8"),
    };
    /* These are about one message if it is named. */
    static const struct str lists[] = {STR("LIST"), STR("UIDL"), STR("LANG")};

    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        if (begins_with(command, single[i]))
            return false;
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (begins_with(command, lists[i]))
            return !str_trim_blanks(cut(command, lists[i].len)).len;
    }
    return true;
}

/* How many bytes from `at` on are the inside of lines, up to the next CR and with it. */
static size_t inside_len(const char *at, size_t len)
{
    const char *cr = memchr(at, '\r', len);

    return cr ? (size_t)(cr - at) + 1 : len;
}

/* Where a byte leads that is not held back. */
static void step(struct pop3_body *b, char c)
{
    if (c == '\r')
        b->state = POP3_CR;
    else
        b->state = b->state == POP3_CR && c == '\n' ? POP3_BEGIN : POP3_INSIDE;
}

bool pop3_body_feed(struct pop3_body *b, const char *bytes, size_t len, size_t *ret_used,
                    struct buf *to)
{
    size_t at = 0;

    while (at < len && !b->done) {
        char c = bytes[at];

        if (b->state == POP3_INSIDE) {
            size_t run = inside_len(bytes + at, len - at);

            buf_append(to, bytes + at, run);
            at += run;
            step(b, bytes[at - 1]);
            continue;
        }
        at++;
        if (b->state == POP3_BEGIN && c == '.') {
            b->state = POP3_DOT;
        } else if (b->state == POP3_DOT && c == '\r') {
            b->state = POP3_DOT_CR;
        } else if (b->state == POP3_DOT_CR && c == '\n') {
            b->done = true;
        } else {
            if (b->state == POP3_DOT_CR) {
                buf_append_char(to, '\r');
                b->state = POP3_CR;
            }
            buf_append_char(to, c);
            step(b, c);
        }
    }
    *ret_used = at;
    return !buf_failed(to);
}
