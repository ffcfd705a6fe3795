/* SPDX-License-Identifier: MIT */
#include "wire/mime_encode.h"

enum { LINE_MOST = 76 }; /* characters before the line end (RFC 2045 6.7, 6.8) */

static const char *const names[] = {
    [MIME_BINARY] = "binary",
    [MIME_8BIT] = "8bit",
    [MIME_7BIT] = "7bit",
    [MIME_BASE64] = "base64",
    [MIME_QUOTED_PRINTABLE] = "quoted-printable",
};

enum mime_encoding mime_encoding_named(const char *name)
{
    for (int i = MIME_BINARY; i <= MIME_QUOTED_PRINTABLE; i++)
        if (text_equal_nocase(name, names[i]))
            return (enum mime_encoding)i;
    return MIME_UNENCODED;
}

const char *mime_encoding_name(enum mime_encoding encoding)
{
    return names[encoding];
}

int64_t mime_encoded_length(enum mime_encoding encoding, int64_t len)
{
    int64_t characters;

    if (len <= 0 || encoding < MIME_BASE64)
        return len;
    if (encoding == MIME_QUOTED_PRINTABLE || len > INT64_MAX / 2)
        return -1;
    characters = (len + 2) / 3 * 4;
    return characters + (characters - 1) / LINE_MOST * 2;
}

/* ---- Pieces ---- */

static void put(struct mime_encoder *e, const char *text, unsigned len)
{
    memcpy(e->pending + e->count, text, len);
    e->count = (unsigned char)(e->count + len);
    e->column += len;
}

static void cut(struct str *s, size_t len)
{
    s->at += len;
    s->len -= len;
}

/* A group of three bytes, or what there is at the end. */
static bool encode_base64(struct mime_encoder *e, struct str *from, bool end)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *b = (const unsigned char *)from->at;
    size_t len = from->len < 3 ? from->len : 3;
    unsigned group;
    char text[4];

    if (!len || (len < 3 && !end))
        return false;
    group = (unsigned)b[0] << 16 | (len > 1 ? (unsigned)b[1] << 8 : 0u) | (len > 2 ? b[2] : 0u);
    for (unsigned i = 0; i < 4; i++)
        text[i] = (char)(i <= len ? alphabet[group >> (18 - 6 * i) & 63] : '=');
    if (e->column == LINE_MOST) {
        put(e, "\r\n", 2);
        e->column = 0;
    }
    put(e, text, sizeof(text));
    cut(from, len);
    return true;
}

/* ---- Quoted-printable ---- */

enum ahead { AHEAD_UNKNOWN, AHEAD_MORE, AHEAD_LINE_END };

/* What follows the first `len` bytes: a line end, which the end of all is too, or more of the
 * line. */
static enum ahead look_ahead(const struct str *from, size_t len, bool end)
{
    if (from->len == len)
        return end ? AHEAD_LINE_END : AHEAD_UNKNOWN;
    if (from->at[len] != '\r')
        return AHEAD_MORE;
    if (from->len == len + 1)
        return end ? AHEAD_MORE : AHEAD_UNKNOWN;
    return from->at[len + 1] == '\n' ? AHEAD_LINE_END : AHEAD_MORE;
}

/* Whether this byte stands for itself. A blank doesn't before a line end. */
static bool is_literal(char c, enum ahead ahead)
{
    if (ascii_is_blank(c))
        return ahead != AHEAD_LINE_END;
    return c > ' ' && c < 0x7f && c != '=';
}

static bool encode_quoted(struct mime_encoder *e, struct str *from, bool end)
{
    static const char digits[] = "0123456789ABCDEF";
    enum ahead ahead;
    char text[3];
    unsigned len;

    if (!from->len)
        return false;
    if (*from->at == '\r' && from->len == 1 && !end)
        return false;
    if (*from->at == '\r' && from->len > 1 && from->at[1] == '\n') {
        put(e, "\r\n", 2);
        e->column = 0;
        cut(from, 2);
        return true;
    }
    ahead = look_ahead(from, 1, end);
    if (ahead == AHEAD_UNKNOWN)
        return false;
    len = is_literal(*from->at, ahead) ? 1 : 3;
    text[0] = (char)(len == 1 ? *from->at : '=');
    text[1] = digits[(unsigned char)*from->at >> 4];
    text[2] = digits[(unsigned char)*from->at & 15];
    /* The last place of a line is for what ends it: a soft line end, or nothing. */
    if (e->column + len > LINE_MOST || (e->column + len == LINE_MOST && ahead != AHEAD_LINE_END)) {
        put(e, "=\r\n", 3);
        e->column = 0;
    }
    put(e, text, len);
    cut(from, 1);
    return true;
}

/* ---- All ---- */

static size_t drain(struct mime_encoder *e, char *to, size_t room)
{
    size_t len = (size_t)(e->count - e->at);

    if (len > room)
        len = room;
    memcpy(to, e->pending + e->at, len);
    e->at = (unsigned char)(e->at + len);
    if (e->at == e->count)
        e->at = e->count = 0;
    return len;
}

static bool copy(const struct mime_encoder *e, struct str *from, char *to, size_t room,
                 size_t *ret_len)
{
    size_t len = from->len < room ? from->len : room;

    for (size_t i = 0; e->encoding == MIME_7BIT && i < len; i++)
        if (from->at[i] & 0x80)
            return false;
    if (len)
        memcpy(to, from->at, len);
    cut(from, len);
    *ret_len = len;
    return true;
}

bool mime_encode(struct mime_encoder *e, struct str *from, bool end, char *to, size_t room,
                 size_t *ret_len)
{
    size_t len = 0;

    if (e->encoding < MIME_BASE64)
        return copy(e, from, to, room, ret_len);
    while (len < room) {
        bool more = e->count || (e->encoding == MIME_BASE64 ? encode_base64(e, from, end)
                                                            : encode_quoted(e, from, end));
        if (!more)
            break;
        len += drain(e, to + len, room - len);
    }
    *ret_len = len;
    return true;
}
