/* SPDX-License-Identifier: MIT */
/* The header lines that go into a signature: lower-case names, plain values, sorted, one line a
 * name. */
#ifndef WIRE_SIGV4_HEADERS_H
#define WIRE_SIGV4_HEADERS_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>

struct sigv4_header {
    struct buf name, value;
};

struct sigv4_headers {
    struct sigv4_header *list; /* owned */
    size_t count, capacity;
    bool failed; /* memory is short */
};
void sigv4_headers_release(struct sigv4_headers *);
DEFINE_SCOPED(sigv4_headers)

/* Adds one line. */
void sigv4_headers_add(struct sigv4_headers *, struct str name, struct str value);

/* Adds those of the program's list that will be sent. */
void sigv4_headers_add_list(struct sigv4_headers *, const struct curl_slist *);

/* The value that was added first under this lower-case name; NULL: none. */
const struct buf *sigv4_headers_find(const struct sigv4_headers *, const char *name);

/* Sorts, joins lines of one name with commas, and appends "name:value\n" of each and "name;name".
 * False when memory was short at any time. */
bool sigv4_headers_write(struct sigv4_headers *, struct buf *lines, struct buf *names);

#endif
