/* SPDX-License-Identifier: MIT */
/* Finds where a request ends in a stream of bytes, one byte at a time: just enough of HTTP/1.1 for
 * the server of the tests. Pure, no memory. */
#ifndef TEST_SUPPORT_REQUEST_END_H
#define TEST_SUPPORT_REQUEST_END_H

#include <stdbool.h>
#include <stdint.h>

enum request_end_part {
    REQUEST_END_HEAD,
    REQUEST_END_BODY,
    REQUEST_END_DONE,
};

struct request_end {
    enum request_end_part part;
    bool chunked;
    bool trailer; /* after the last chunk */
    uint64_t left;
    uint64_t content_length;
    uint32_t line_len;
    char line[128]; /* the beginning of the line so far */
    char target[128];
    bool first_line;
};

void request_end_init(struct request_end *end);

/* Takes one byte; end->part says what comes after it. */
void request_end_take(struct request_end *end, char byte);

#endif
