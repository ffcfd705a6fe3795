/* SPDX-License-Identifier: MIT */
/* Signature Version 4 of Amazon and of those who took it over: a request's header lines that prove
 * who sends it. Everything that the server will see and that is signed goes in here. */
#ifndef WIRE_SIGV4_H
#define WIRE_SIGV4_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct sigv4_request {
    struct str parameters; /* "provider1[:provider2[:region[:service]]]" */
    struct str user, password;
    struct str method;
    struct str hostname;    /* where service and region are read from, if they are not given */
    struct str host;        /* of the Host line, when the program gives none */
    struct str path, query; /* as they are sent; query without '?' */
    const struct curl_slist *headers; /* the program's, as of CURLOPT_HTTPHEADER */
    struct str payload;               /* the body, or empty */
    bool unsigned_payload; /* the body is not at hand: S3 is told so, others get that of nothing */
    int64_t time;          /* s since 1970 */
};

enum sigv4_outcome {
    SIGV4_OK,
    SIGV4_BAD_PARAMETERS, /* no provider */
    SIGV4_NO_SERVICE,     /* neither given nor in the host's name */
    SIGV4_NO_REGION,
    SIGV4_FAILED, /* memory is short, or the sums are not to be had */
};

/* Appends the lines "Authorization", the date's unless the program gives one, and for S3 that of
 * the payload's hash, each with its line end. */
enum sigv4_outcome sigv4_write(const struct sigv4_request *, struct buf *lines);

/* Parts, for tests. Appends the query with its pairs sorted and encoded in one way. */
bool sigv4_canonical_query(struct buf *, struct str query);

/* Appends the path encoded in one way; `once`: what is encoded stays as it is (S3). */
bool sigv4_canonical_path(struct buf *, struct str path, bool once);

#endif
