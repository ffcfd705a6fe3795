/* SPDX-License-Identifier: MIT */
/* The chunked transfer coding (RFC 9112 7.1), both ways. */
#ifndef WIRE_CHUNKED_H
#define WIRE_CHUNKED_H

#include "base/buf.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chunked_decoder {
    int step;      /* internal; a zeroed decoder is at the start */
    uint64_t left; /* of the current chunk's data */
    int digits;
    int extension; /* bytes of the current size line behind the size */
    bool done;     /* the last chunk was seen; trailers follow (head_reader without status) */
};

/* Takes received bytes. Data of a chunk is not copied: *ret_data and *ret_data_len point into
 * `bytes`. *ret_used bytes were consumed, at most to the end of one piece of data. After `done`,
 * which takes in the last chunk's line end, the rest (trailers, blank line) belongs to a
 * head_reader. CURLE_RECV_ERROR (56) with a static *ret_reason for malformed input: sizes over 16
 * digits or 63 bits, no digit, bad line ends, endless extensions. */
CURLcode chunked_decode(struct chunked_decoder *, const char *bytes, size_t len, size_t *ret_used,
                        const char **ret_data, size_t *ret_data_len, const char **ret_reason);

/* Bytes of the longest size line with its line end, and of the line end behind the data. */
enum { CHUNKED_PREFIX_MAX = 18, CHUNKED_SUFFIX_LEN = 2 };

/* Writes the size line of a chunk of `len` (> 0) bytes; returns its length. After the data comes
 * CRLF; the end is "0" CRLF [trailers] CRLF. */
size_t chunked_prefix(size_t len, char prefix[CHUNKED_PREFIX_MAX + 1]);

#endif
