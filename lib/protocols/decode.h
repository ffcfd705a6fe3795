/* SPDX-License-Identifier: MIT */
/* Codings of a response's body (RFC 9110 8.4.1): bytes go in as they were received and come out as
 * they were meant, through as many decoders as there are codings. What comes out goes to the
 * program at once, and the fiber waits where the program is slow: a small body that becomes a huge
 * one holds no more memory than any other. */
#ifndef PROTOCOLS_DECODE_H
#define PROTOCOLS_DECODE_H

#include "base/str.h"
#include "boundary/exchange.h"

#include <curl/curl.h>

enum { DECODERS_MOST = 5 };

/* Where decoded bytes go. */
struct decode_sink {
    WAITS CURLcode (*write)(struct decode_sink *, const char *bytes, size_t len);
};

struct decoder_kind;
struct decoder {
    struct decode_sink in; /* bytes for this decoder */
    const struct decoder_kind *kind;
    struct decode_sink *out; /* the next decoder, or the body's end */
    const char *reason;      /* why it failed */
};

/* One coding. All members may be called from a fiber only. */
struct decoder_kind {
    const char *name, *alias;     /* as in the fields; alias may be NULL */
    struct decoder *(*new)(void); /* NULL when memory is short */
    void (*free)(struct decoder *);
};

/* What is built, in the order in which libcurl asks for it; ends with NULL. */
extern const struct decoder_kind *const decoder_kinds[];
extern const struct decoder_kind decoder_deflate, decoder_gzip, decoder_brotli, decoder_zstd;

/* "deflate, gzip, br, zstd" as built, for CURLOPT_ACCEPT_ENCODING "". */
const char *decode_names(void);

/* The decoders of one body. */
struct decoding {
    struct decoder *decoders[DECODERS_MOST]; /* the last coding's first */
    int count;
    bool unknown; /* a coding is not built: the first byte is an error */
    struct decode_sink *end;
};

/* Codings as a field lists them, in the order in which they were applied; those of a later field
 * follow. `end` gets the bytes. CURLE_BAD_CONTENT_ENCODING for too many, CURLE_OUT_OF_MEMORY. */
CURLcode decode_add(struct decoding *, struct str list, struct decode_sink *end);
void decode_release(struct decoding *);

/* Received bytes. CURLE_BAD_CONTENT_ENCODING; what the program's side says. */
WAITS CURLcode decode_write(struct decoding *, const char *bytes, size_t len);

/* Why one of them failed; a static text, or NULL. */
const char *decode_reason(const struct decoding *);

#endif
