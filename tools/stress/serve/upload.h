/* SPDX-License-Identifier: MIT */
/* The body of a request: counted, compared with the pattern, and forgotten (RFC 9112, 6.3 and 7.1).
 */
#ifndef STRESS_UPLOAD_H
#define STRESS_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/request.h"

enum upload_part {
    UPLOAD_SIZE,      /* the line with a chunk's size */
    UPLOAD_DATA,      /* bytes of the body */
    UPLOAD_CHUNK_END, /* the line end after a chunk */
    UPLOAD_TRAILER,   /* lines after the last chunk */
    UPLOAD_DONE,
};

struct upload {
    enum upload_part part;
    bool chunked;
    bool as_pattern; /* every byte so far was the pattern's */
    int64_t left;    /* of the body, or of this chunk */
    int64_t received;
    int64_t trailer; /* bytes of trailers so far */
};

/* For the body that a request announces; done at once when it has none. */
void upload_begin(struct upload *upload, const struct request *request);

/*
 * Takes bytes of the body. Returns how many it took: all there are until the body ends, but for an
 * unfinished line, which it wants to see again with more; -1 when the coding is malformed.
 */
int64_t upload_take(struct upload *upload, const char *bytes, size_t len);

#endif
