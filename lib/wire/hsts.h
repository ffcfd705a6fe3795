/* SPDX-License-Identifier: MIT */
/* HTTP Strict Transport Security (RFC 6797): the field, and lines of libcurl's file of hosts. */
#ifndef WIRE_HSTS_H
#define WIRE_HSTS_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HSTS_LINE_MAX = 4095, /* bytes of a line in a file */
    HSTS_NAME_MAX = 255,  /* bytes of a host */
    HSTS_TIME_SIZE = 18,  /* "YYYYMMDD HH:MM:SS" and a NUL */
};

#define HSTS_FOREVER INT64_MAX

struct hsts_policy {
    int64_t max_age_s; /* 0: the host is to be forgotten */
    bool subdomains;
};

/* The value of a Strict-Transport-Security field; false when it is not valid, and means nothing. */
bool hsts_parse_field(struct str value, struct hsts_policy *ret);

struct hsts_line {
    struct str host; /* without dots around it */
    bool subdomains;
    int64_t expires; /* s since 1970 */
};

/* A line `host "time"`, the host with a dot in front for its subdomains, too. False for comments
 * and what is no such line. */
bool hsts_parse_line(struct str line, struct hsts_line *ret);
bool hsts_append_line(struct buf *, const struct hsts_line *);

/* "YYYYMMDD HH:MM:SS" in UTC, or "unlimited", which parses from an empty text, too. */
bool hsts_parse_time(struct str text, int64_t *ret);
void hsts_format_time(int64_t time, char text[HSTS_TIME_SIZE]);

/* A host as it is compared: no dot at its end. `len` 0 when none of it may be upgraded: addresses,
 * too long, with bytes that no host has. */
struct str hsts_host(struct str host);

#endif
