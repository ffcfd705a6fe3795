/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1 response (RFC 9112): lines (of a head_reader) in, facts out. Also trailers.
 */
#ifndef WIRE_HEAD_H
#define WIRE_HEAD_H

#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    HEAD_LINE_MAX = 100 * 1024,  /* CURL_MAX_HTTP_HEADER: bytes of one line */
    HEAD_TOTAL_MAX = 300 * 1024, /* bytes of the heads of a response, 1xx and trailers too */
    HEAD_COUNT_MAX = 5000,       /* header lines of a response */
};

struct head_status {
    int major, minor; /* HTTP version; 0.9 is not a status line */
    int code;         /* 100 to 999 */
    struct str reason;
};

/* Reads a status line without its line end: "HTTP/" in any case, version 1.0, 1.1 or 2, three
 * digits from 100 up, then the end or a blank and the reason, which may be empty. CURLE_OK,
 * CURLE_UNSUPPORTED_PROTOCOL for another version or code (what libcurl gives for anything that
 * begins like a status line), CURLE_WEIRD_SERVER_REPLY for a NUL, a CR or no "HTTP/". */
CURLcode head_parse_status(struct str line, struct head_status *ret_status);

/* The reason for a transfer coding that was not asked for. */
extern const char head_unsolicited[];

/* True while `bytes` may still become a status line ("HTTP/..." or an alias); for telling HTTP/0.9
 * apart. */
bool head_may_be_status(struct str bytes);

/* Splits "Name: value" (no line end); value trimmed of blanks. CURLE_WEIRD_SERVER_REPLY for a NUL,
 * a bare CR, a missing colon or an empty name. Blanks in front of the colon stay with the name, so
 * that such a field is none that anybody knows (RFC 9112 5.1). */
CURLcode head_parse_field(struct str line, struct str *ret_name, struct str *ret_value);

/* Transfer codings other than chunked, in the order in which they were applied. */
enum head_coding { HEAD_GZIP, HEAD_DEFLATE, HEAD_OTHER_CODING };

enum { HEAD_CODINGS_MAX = 5 };

/* What the fields of one response say about its body and connection (RFC 9112 6, 9.3; RFC
 * 9110 8.6). head_facts_init first, then the caller may set the first group. */
struct head_facts {
    /* What the request asked for. */
    bool codings_wanted; /* CURLOPT_TRANSFER_ENCODING: codings besides chunked are no error */
    bool raw_transfer;   /* CURLOPT_HTTP_TRANSFER_DECODING is 0: chunked tells where the body ends,
                            other transfer codings mean nothing */

    /* What the response says. */
    int64_t content_length; /* -1: none */
    bool length_overflow; /* a Content-Length beyond 63 bits: the body ends with the connection, and
                             is larger than any CURLOPT_MAXFILESIZE */
    bool chunked;         /* Transfer-Encoding ends in chunked; it beats content_length */
    bool other_coding;    /* `codings` is not empty */
    bool close, keep_alive;           /* Connection: tokens */
    int64_t range_start, range_total; /* Content-Range; -1: none */
    bool accept_ranges_none;
    int64_t last_modified; /* time_t; -1: none */
    int64_t retry_after_s; /* seconds or a date minus now, never negative; -1: none */
    bool has_location;
    bool has_transfer_encoding, has_content_range;
    int coding_count;
    enum head_coding codings[HEAD_CODINGS_MAX];

    uint64_t location_hash; /* internal: of the first Location */
};

void head_facts_init(struct head_facts *);

/* Takes one field in. `now` is the time for Retry-After dates. Errors come with *ret_reason (static
 * text): CURLE_WEIRD_SERVER_REPLY for a Content-Length that is no number or differs from an earlier
 * one (in a list or a field of its own) and for a second, different Location;
 * CURLE_BAD_CONTENT_ENCODING for a coding behind chunked, one that was not asked for, or too many.
 * To ignore a field (CURLOPT_IGNORE_CONTENT_LENGTH) do not hand it in. */
CURLcode head_facts_add(struct head_facts *, struct str name, struct str value, int64_t now,
                        const char **ret_reason);

#endif
