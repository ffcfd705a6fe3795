/* SPDX-License-Identifier: MIT */
/*
 * Encodes and decodes; see hdr.h. A histogram is a head of 40 bytes (numbers are big-endian) and
 * its cells as ZigZag LEB128 numbers of up to 9 bytes: a count, or how many cells are empty as a
 * negative one. That is deflated, behind a cookie and its length, and written in base64.
 */
#include "out/hdr.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <zlib.h>

enum {
    HEAD = 40,
    OUTER = 8,
    NUMBER_MAX = 9,
    DIGITS = 3, /* significant ones, which is what 1024 steps a doubling are for */
};

static const uint32_t cookie_plain = 0x1c849303 | 0x10;
static const uint32_t cookie_deflated = 0x1c849304 | 0x10;
static const uint64_t highest = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;

static void put_number(unsigned char *out, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        out[i] = (unsigned char)number;
        number >>= 8;
    }
}

static uint64_t get_number(const unsigned char *in, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++) {
        number = number << 8 | in[i];
    }
    return number;
}

/* Returns how many bytes it wrote. */
static size_t put_signed(unsigned char *out, int64_t number)
{
    uint64_t left = ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0);
    size_t len = 0;

    while (left >= 0x80 && len < NUMBER_MAX - 1) {
        out[len++] = (unsigned char)(left | 0x80);
        left >>= 7;
    }
    out[len++] = (unsigned char)left; /* the ninth byte has eight bits of its own */
    return len;
}

/* Returns how many bytes it read; 0: the number goes on past the end. */
static size_t get_signed(const unsigned char *in, size_t size, int64_t *number)
{
    uint64_t value = 0;

    for (size_t len = 0; len < size && len < NUMBER_MAX; len++) {
        bool whole = len == NUMBER_MAX - 1;
        value |= (uint64_t)(whole ? in[len] : in[len] & 0x7f) << (7 * len);
        if (whole || (in[len] & 0x80) == 0) {
            *number = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return len + 1;
        }
    }
    return 0;
}

static size_t put_cells(unsigned char *out, const struct histogram *histogram)
{
    size_t last = HISTOGRAM_CELLS;
    size_t len = 0;
    int64_t empty = 0;

    while (last > 0 && histogram->cells[last - 1] == 0) {
        last--;
    }
    for (size_t i = 0; i < last; i++) {
        if (histogram->cells[i] == 0) {
            empty++;
            continue;
        }
        if (empty > 0) {
            len += put_signed(out + len, -empty);
            empty = 0;
        }
        len += put_signed(out + len, (int64_t)histogram->cells[i]);
    }
    return len;
}

static uint64_t bits_of(double value)
{
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static size_t put_plain(unsigned char *out, const struct histogram *histogram)
{
    size_t len = put_cells(out + HEAD, histogram);

    put_number(out, cookie_plain, 4);
    put_number(out + 4, len, 4);
    put_number(out + 8, 0, 4); /* cells are not shifted */
    put_number(out + 12, DIGITS, 4);
    put_number(out + 16, 1, 8); /* the lowest value */
    put_number(out + 24, highest, 8);
    put_number(out + 32, bits_of(1.0), 8); /* values are what they say */
    return HEAD + len;
}

/* Deflates it behind the outer head; returns the length, 0 without memory. */
static size_t deflate_whole(unsigned char *out, size_t size, const unsigned char *in, size_t len)
{
    uLongf deflated = (uLongf)(size - OUTER);

    if (compress2(out + OUTER, &deflated, in, (uLong)len, Z_BEST_COMPRESSION) != Z_OK) {
        return 0;
    }
    put_number(out, cookie_deflated, 4);
    put_number(out + 4, deflated, 4);
    return OUTER + (size_t)deflated;
}

char *hdr_encode(const struct histogram *histogram)
{
    size_t plain_size = HEAD + (size_t)HISTOGRAM_CELLS * NUMBER_MAX * 2;
    unsigned char *plain = malloc(plain_size);
    char *text = NULL;

    if (plain == NULL) {
        return NULL;
    }
    size_t plain_len = put_plain(plain, histogram);
    size_t size = OUTER + (size_t)compressBound((uLong)plain_len);
    unsigned char *deflated = malloc(size);
    size_t len = deflated != NULL ? deflate_whole(deflated, size, plain, plain_len) : 0;
    if (len > 0) {
        text = malloc((len + 2) / 3 * 4 + 1);
    }
    if (text != NULL) {
        EVP_EncodeBlock((unsigned char *)text, deflated, (int)len);
    }
    free(deflated);
    free(plain);
    return text;
}

/* Counts the cells; false when they do not fit. */
static bool take_cells(struct histogram *into, const unsigned char *in, size_t len)
{
    size_t cell = 0;
    size_t at = 0;

    while (at < len) {
        int64_t number = 0;
        size_t used = get_signed(in + at, len - at, &number);
        if (used == 0) {
            return false;
        }
        at += used;
        if (number < 0) {
            if (number < -(int64_t)HISTOGRAM_CELLS) {
                return false;
            }
            cell += (size_t)-number;
            continue;
        }
        if (cell >= HISTOGRAM_CELLS) {
            return false;
        }
        histogram_add_cell(into, cell++, (uint64_t)number);
    }
    return true;
}

static bool take_plain(struct histogram *into, const unsigned char *in, size_t len)
{
    if (len < HEAD || get_number(in, 4) != cookie_plain || get_number(in + 8, 4) != 0 ||
        get_number(in + 12, 4) != DIGITS || get_number(in + 16, 8) != 1 ||
        get_number(in + 4, 4) != len - HEAD) {
        return false;
    }
    return take_cells(into, in + HEAD, len - HEAD);
}

static bool take_deflated(struct histogram *into, const unsigned char *in, size_t len)
{
    uLongf size = HEAD + (uLongf)HISTOGRAM_CELLS * NUMBER_MAX * 2;

    if (len < OUTER || get_number(in, 4) != cookie_deflated ||
        get_number(in + 4, 4) != len - OUTER) {
        return false;
    }
    unsigned char *plain = malloc(size);
    bool works = plain != NULL &&
                 uncompress(plain, &size, in + OUTER, (uLong)(len - OUTER)) == Z_OK &&
                 take_plain(into, plain, (size_t)size);
    free(plain);
    return works;
}

bool hdr_decode(struct histogram *into, const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len % 4 != 0 || len > (size_t)1 << 26) {
        return false;
    }
    unsigned char *bytes = malloc(len / 4 * 3);
    if (bytes == NULL) {
        return false;
    }
    int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
    /* What only fills up the last group of four is counted, too. */
    decoded -= (text[len - 1] == '=') + (text[len - 2] == '=');
    bool works = decoded > 0 && take_deflated(into, bytes, (size_t)decoded);
    free(bytes);
    return works;
}
