/* SPDX-License-Identifier: MIT */
/* Cookies (RFC 6265bis): Set-Cookie fields and lines of the Netscape file, both ways, and which
 * cookie goes where. Values here are slices of the text that was parsed. */
#ifndef WIRE_COOKIE_H
#define WIRE_COOKIE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COOKIE_LINE_MAX = 5000,   /* bytes of a Set-Cookie value or of a line in a file */
    COOKIE_PAIR_MAX = 4096,   /* bytes of a name and its value together */
    COOKIE_PART_MAX = 4094,   /* bytes of either */
    COOKIE_HEADER_MAX = 8190, /* bytes of the Cookie line that is sent */
    COOKIE_SENT_MAX = 150,    /* cookies in it */
    COOKIE_SET_MAX = 50,      /* Set-Cookie fields of one response that count */
};

struct cookie {
    struct str name, value;
    struct str domain; /* without the leading dot; empty: good for any host */
    struct str path;   /* no slash at its end, but for "/"; empty: good for any path */
    int64_t expires;   /* s since 1970; 0: with the session; the past: it deletes */
    bool tail;         /* hosts below `domain` get it, too */
    bool secure;
    bool http_only;
};

/* Who sets a cookie, or is to get it. */
struct cookie_origin {
    struct str host; /* as in the URL; `at` NULL: not known (a file, the program) */
    struct str path; /* of the URL */
    bool secure;     /* TLS, or this machine: may have to do with secure cookies */
};

enum cookie_outcome {
    COOKIE_GOOD,
    COOKIE_NONE,       /* a comment, an empty line, no pair */
    COOKIE_OVERSIZED,  /* a line or a part is too long */
    COOKIE_BAD_OCTETS, /* control bytes in name or value */
    COOKIE_BAD_DOMAIN, /* of somebody else; it is in `domain` */
    COOKIE_INSECURE,   /* a secure cookie from an insecure origin */
    COOKIE_BAD_PREFIX, /* __Secure- or __Host- without what they promise */
    COOKIE_BAD_LINE,   /* not a line of a cookie file */
};

/* The value of a Set-Cookie field; `now` is in s since 1970. */
enum cookie_outcome cookie_parse_field(struct str line, const struct cookie_origin *, int64_t now,
                                       struct cookie *c);

/* A line of a cookie file, without its line end. */
enum cookie_outcome cookie_parse_line(struct str line, struct cookie *c);

/* Whether a text is a "Set-Cookie:" header; *ret_value is what stands behind it. */
bool cookie_is_field(struct str text, struct str *ret_value);

/* Appends a line as in a cookie file, without a line end. */
bool cookie_append_line(struct buf *, const struct cookie *);

/* Whether the cookie goes to this origin (its age apart). */
bool cookie_matches(const struct cookie *, const struct cookie_origin *);

/* Whether hosts of the one and of the other domain may be the same. */
bool cookie_domains_meet(const struct cookie *, const struct cookie *);

/* The same name, domain and path: the newer replaces the older. */
bool cookie_same(const struct cookie *, const struct cookie *);

/* RFC 6265bis 5.7: `newer`, of an insecure origin, would hide the secure `older`. */
bool cookie_overlays(const struct cookie *newer, const struct cookie *older);

/* True when `host` is `domain` or below it. */
bool cookie_domain_has(struct str domain, struct str host);

/* A numeric address, an IPv6 one with or without brackets. */
bool cookie_host_is_address(struct str host);

/* A host that is this machine: as good as TLS. */
bool cookie_host_is_local(struct str host);

#endif
