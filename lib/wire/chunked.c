/* SPDX-License-Identifier: MIT */
/* The chunked transfer coding. A size line is hexadecimal digits and, up to the line's end, an
 * extension that is skipped whatever it holds, as libcurl does. Two refusals go further than
 * libcurl's: a CR inside a size line (servers and clients that disagree on where a line ends can be
 * played against each other), and an extension that never ends. */
#include "wire/chunked.h"

#include "base/str.h"

enum {
    SIZE,      /* digits of a chunk's size; a zeroed decoder is here */
    EXTENSION, /* what follows them */
    SIZE_LF,   /* a CR was seen: LF must follow */
    DATA,
    DATA_CR, /* the line end behind the data */
    DATA_LF,
    BROKEN,
};

enum { DIGITS_MAX = 16, EXTENSION_MAX = 16 * 1024 };

static CURLcode broken(struct chunked_decoder *d, const char **ret_reason, const char *reason)
{
    d->step = BROKEN;
    *ret_reason = reason;
    return CURLE_RECV_ERROR;
}

static void end_size_line(struct chunked_decoder *d)
{
    d->done = d->left == 0;
    d->step = d->done ? SIZE : DATA;
    d->digits = 0;
    d->extension = 0;
}

static CURLcode take_after_size(struct chunked_decoder *d, char c, const char **ret_reason)
{
    if (d->step == SIZE_LF && c != '\n')
        return broken(d, ret_reason, "Malformed encoding found in chunked-encoding");
    if (c == '\n')
        end_size_line(d);
    else if (c == '\r')
        d->step = SIZE_LF;
    else if (d->extension++ >= EXTENSION_MAX)
        return broken(d, ret_reason, "Too long extension in chunked-encoding");
    return CURLE_OK;
}

static CURLcode take_size(struct chunked_decoder *d, char c, const char **ret_reason)
{
    if (ascii_is_hex(c)) {
        if (d->digits++ >= DIGITS_MAX)
            return broken(d, ret_reason, "Too long hexadecimal number in chunked-encoding");
        d->left = d->left << 4 | (uint64_t)ascii_hex_value(c);
        return CURLE_OK;
    }
    if (!d->digits || d->left > INT64_MAX)
        return broken(d, ret_reason, "Illegal or missing hexadecimal sequence in chunked-encoding");
    d->step = EXTENSION;
    return take_after_size(d, c, ret_reason);
}

static CURLcode take_data_end(struct chunked_decoder *d, char c, const char **ret_reason)
{
    if (c == '\n')
        d->step = SIZE;
    else if (c == '\r' && d->step == DATA_CR)
        d->step = DATA_LF;
    else
        return broken(d, ret_reason, "Malformed encoding found in chunked-encoding");
    return CURLE_OK;
}

static CURLcode take_framing(struct chunked_decoder *d, char c, const char **ret_reason)
{
    switch (d->step) {
    case SIZE:
        return take_size(d, c, ret_reason);
    case EXTENSION:
    case SIZE_LF:
        return take_after_size(d, c, ret_reason);
    case DATA_CR:
    case DATA_LF:
        return take_data_end(d, c, ret_reason);
    default:
        return broken(d, ret_reason, "Malformed encoding found in chunked-encoding");
    }
}

CURLcode chunked_decode(struct chunked_decoder *d, const char *bytes, size_t len, size_t *ret_used,
                        const char **ret_data, size_t *ret_data_len, const char **ret_reason)
{
    size_t used = 0;

    *ret_used = 0;
    *ret_data = NULL;
    *ret_data_len = 0;
    while (used < len && !d->done && d->step != DATA) {
        CURLcode result = take_framing(d, bytes[used], ret_reason);

        if (result)
            return result;
        used++;
    }
    if (used < len && !d->done) {
        size_t piece = len - used;

        if (piece > d->left)
            piece = (size_t)d->left;
        *ret_data = bytes + used;
        *ret_data_len = piece;
        used += piece;
        d->left -= piece;
        if (!d->left)
            d->step = DATA_CR;
    }
    *ret_used = used;
    return CURLE_OK;
}

size_t chunked_prefix(size_t len, char prefix[CHUNKED_PREFIX_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    int shift = 60;

    while (shift && !((uint64_t)len >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        prefix[used++] = digits[(uint64_t)len >> shift & 15];
    prefix[used++] = '\r';
    prefix[used++] = '\n';
    prefix[used] = '\0';
    return used;
}
