/* SPDX-License-Identifier: MIT */
/* HTTP Digest authentication (RFC 7616, and 2069 where the server knows no qop). */
#ifndef WIRE_DIGEST_H
#define WIRE_DIGEST_H

#include "base/buf.h"
#include "base/str.h"
#include "wire/sum.h"

#include <stdbool.h>

/* What the server said, and how often its nonce was used. Zeroed: nothing yet. */
struct digest {
    struct buf realm, nonce, opaque;
    struct buf algorithm; /* as it is written; empty: none is named */
    enum sum_kind sum;
    bool session; /* the -sess variants */
    bool qop_auth, qop_auth_int;
    bool userhash;
    bool has_opaque;
    bool stale;     /* the nonce before was too old, not the password wrong */
    unsigned count; /* answers to this nonce */
};
void digest_release(struct digest *);
DEFINE_SCOPED(digest)

enum digest_outcome {
    DIGEST_OK,
    DIGEST_UNUSABLE, /* no nonce, an unknown algorithm, a session variant without qop */
    DIGEST_NO_MEMORY,
};

/* Reads a challenge's parameters; `d` (zeroed or used) is replaced, but for failures. */
enum digest_outcome digest_read(struct str params, struct digest *d);

struct digest_request {
    struct str user, password;
    struct str method, uri;
    struct str cnonce; /* as it is to be sent: unpredictable, no quotes in it */
};

/* Appends "Digest username=..., ...": libcurl's fields in libcurl's order. Counts the nonce's use.
 * False when memory is short or the sum is not to be had. For auth-int the body counts as empty,
 * as it does for libcurl. */
bool digest_write(struct digest *, const struct digest_request *, struct buf *line);

#endif
