/* SPDX-License-Identifier: MIT */
/* The head of a request as the loopback server reads it (RFC 9112, 3 and 6). */
#ifndef STRESS_REQUEST_H
#define STRESS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REQUEST_PATH_MAX = 256, /* with the final zero */
    REQUEST_HEAD_MAX = 16384,
};

struct request {
    char path[REQUEST_PATH_MAX];
    int64_t content_length; /* -1: not given */
    bool is_head;
    bool keep_alive;
    bool expects_continue;
    bool chunked;
};

/*
 * Reads a head from the start of `bytes`. Returns the length of the head with its empty line, 0
 * when there is not all of it yet, -1 when it is malformed or too long.
 */
int request_parse(struct request *request, const char *bytes, size_t len);

/* Whether a body follows the head. */
bool request_has_body(const struct request *request);

#endif
