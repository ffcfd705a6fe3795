/* SPDX-License-Identifier: MIT */
/*
 * What the loopback server answers, chosen by the path:
 *
 *   /bytes/N      N bytes of the pattern              /status/S     status S and a line of text
 *   /chunked/N    the same, in chunks                 /delay/MS     a line, after MS milliseconds
 *   /close/N      the same, and the connection ends   /delay/MS/N   N bytes, after MS milliseconds
 *   /cut/N        announces N bytes, ends after half  /slow/N/MS    N bytes, MS between two tenths
 *   /reset/N      the same, with a reset              /wrong/N      N bytes that are not the
 * pattern /stall/N      the same, but never ends            /upload/N     200 if the request's body
 * was N bytes of the pattern, else 400
 *
 * Anything else is 404. An answer is not stored: the bytes at any position of it can be made again.
 */
#ifndef STRESS_ANSWER_H
#define STRESS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/request.h"
#include "serve/upload.h"

enum {
    ANSWER_HEAD_MAX = 320,
};

struct answer {
    char head[ANSWER_HEAD_MAX]; /* with a short text behind it, if the body is one */
    uint64_t head_len;
    uint64_t body_len; /* bytes that follow the head, as they are sent */
    uint64_t pattern_len;
    uint64_t delay_ms; /* before the answer */
    uint64_t pause_ms; /* between two parts of its body; 0: there are none */
    bool chunked;
    bool wrong;
    bool cut;   /* the connection ends without a goodbye */
    bool reset; /* and with a reset */
    bool stall; /* nothing follows, and the connection does not end */
    bool keep_alive;
};

/* Decides on the answer to a request whose body, if any, has been read. */
void answer_choose(struct answer *answer, const struct request *request,
                   const struct upload *upload);

/* The answer to what is no request; the connection ends after it. */
void answer_refuse(struct answer *answer);

/* The interim answer 100 (Continue). */
void answer_continue(struct answer *answer);

/* The position up to which the answer may be written before a pause, from `at` on. */
uint64_t answer_part_end(const struct answer *answer, uint64_t at);

/* Writes up to `size` bytes of the answer from position `at` on; returns how many, 0 at its end. */
size_t answer_read(const struct answer *answer, uint64_t at, char *out, size_t size);

#endif
