/* SPDX-License-Identifier: MIT */
/* The headers of a transfer's responses, as curl_easy_header and curl_easy_nextheader show them. */
#ifndef API_HEADERS_H
#define API_HEADERS_H

#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>

struct stored_header {
    char *name, *value; /* one allocation, owned through `name` */
    unsigned origin;    /* CURLH_* */
    long request;       /* number of the request it answered */
};

struct headers {
    struct stored_header *list;
    size_t count, capacity;
    long last_request; /* -1 while there is none */

    /* What was handed out last: one for each of the two functions. */
    struct curl_header found, next;
};

void headers_init(struct headers *);
void headers_release(struct headers *);

/* Forgets all: a new transfer starts. */
void headers_clear(struct headers *);

/* Keeps a header line ("Name: value" with its line end); a status line is kept as ":status" where
 * it came as that, in HTTP/2; blank lines are passed over. False when memory is short. */
bool headers_add(struct headers *, struct str line, unsigned origin, long request);

#endif
