/* SPDX-License-Identifier: MIT */
/* Alternative services (RFC 7838): the field, and the lines of libcurl's file of them. */
#ifndef WIRE_ALTSVC_H
#define WIRE_ALTSVC_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Protocols are CURLALTSVC_H1, _H2 and _H3; 0 is any other. */

struct altsvc_offer {
    long protocol;
    struct str host; /* of the field's text, an IPv6 address in brackets; empty: the origin's */
    int port;
    int64_t age_s; /* "ma" */
    bool persist;
};

enum altsvc_part {
    ALTSVC_OFFER,
    ALTSVC_CLEAR, /* what was offered before is over */
    ALTSVC_END,   /* nothing more, or nothing that makes sense */
};

/* Takes the next part off the front of the field's value. */
enum altsvc_part altsvc_next(struct str *field, struct altsvc_offer *ret);

/* What is known of an origin and where else it is served. */
struct altsvc_entry {
    long from_protocol, protocol;
    struct str from_host, host; /* an IPv6 address in brackets */
    int from_port, port;
    int64_t expires; /* s since 1970 */
    bool persist;
    long priority;
};

/* Reads a line; false for a comment and for what is none. The hosts are slices of it. */
bool altsvc_parse_line(struct str line, struct altsvc_entry *ret);

/* Appends the entry as a line with its line feed. */
bool altsvc_append_line(struct buf *, const struct altsvc_entry *);

/* "h1", ... of one protocol. */
const char *altsvc_protocol_name(long protocol);

/* Names are equal without regard to case and to a dot at the end. */
bool altsvc_same_host(struct str a, struct str b);

#endif
