/* SPDX-License-Identifier: MIT */
#include "wire/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_append(struct buf *to, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (; len; at += len < 3 ? len : 3, len -= len < 3 ? len : 3) {
        unsigned group = (unsigned)at[0] << 16 | (len > 1 ? (unsigned)at[1] << 8 : 0u) |
                         (len > 2 ? (unsigned)at[2] : 0u);
        char text[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63], '=', '='};

        if (len > 1)
            text[2] = alphabet[group >> 6 & 63];
        if (len > 2)
            text[3] = alphabet[group & 63];
        buf_append(to, text, sizeof(text));
    }
    return !buf_failed(to);
}

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

/* The `=` at the end of a group of four; -1 when there is something else wrong. */
static int decode_group(const char *text, bool is_last, unsigned char *ret_bytes)
{
    int padding = !is_last || text[3] != '=' ? 0 : text[2] == '=' ? 2 : 1;
    unsigned group = 0;

    for (int i = 0; i < 4; i++) {
        int value = i >= 4 - padding ? 0 : value_of(text[i]);
        if (value < 0)
            return -1;
        group = group << 6 | (unsigned)value;
    }
    ret_bytes[0] = (unsigned char)(group >> 16);
    ret_bytes[1] = (unsigned char)(group >> 8);
    ret_bytes[2] = (unsigned char)group;
    return padding;
}

bool base64_decode_append(struct buf *to, struct str text)
{
    if (!text.len || text.len % 4)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        unsigned char bytes[3];
        int padding = decode_group(text.at + i, i + 4 == text.len, bytes);
        if (padding < 0 || !buf_append(to, bytes, (size_t)(3 - padding)))
            return false;
    }
    return true;
}
