/* SPDX-License-Identifier: MIT */
/* Messages of DNS (RFC 1035 4), as far as asking for a name's addresses needs them. */
#ifndef WIRE_DNS_MESSAGE_H
#define WIRE_DNS_MESSAGE_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_AAAA = 28,
};

enum {
    DNS_MESSAGE_MAX = 65535, /* bytes */
    DNS_ADDRESSES_MAX = 64,  /* of one answer that are used */
};

/* A query for `name` (with or without a dot at its end), with the id 0 that RFC 8484 4.1 asks for.
 * CURLE_URL_MALFORMAT for what is no name of DNS; CURLE_OUT_OF_MEMORY. */
CURLcode dns_query_write(struct buf *, struct str name, enum dns_type type);

enum dns_outcome {
    DNS_ADDRESSES,  /* there are some */
    DNS_NO_ADDRESS, /* the name has none of this type */
    DNS_NO_NAME,    /* there is no such name */
    DNS_REFUSED,    /* the server will not or cannot say */
    DNS_MALFORMED,  /* no answer at all */
};

struct dns_reply {
    uint32_t
        ttl_s; /* the least of the records of the answer, at most a day; of no use without one */
    size_t count;
    unsigned char addresses[DNS_ADDRESSES_MAX]
                           [16]; /* network order; the first four bytes of an A */
};

/* Reads an answer to a query of this type; that it is none of a query needs no sign, as HTTP has
 * seen to it. Aliases are followed by the server: the addresses at
 * their end are taken as the name's. */
enum dns_outcome dns_reply_read(struct str message, enum dns_type type, struct dns_reply *ret);

#endif
