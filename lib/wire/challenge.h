/* SPDX-License-Identifier: MIT */
/* The challenges of a WWW-Authenticate or Proxy-Authenticate field (RFC 9110 11.6.1): a field may
 * have several. What is malformed is passed over. */
#ifndef WIRE_CHALLENGE_H
#define WIRE_CHALLENGE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

struct challenge {
    struct str scheme; /* "Basic" in any case; not empty */
    struct str text;   /* behind it, trimmed: parameters, or a token68, or nothing */
};

/* Cuts the next challenge from `field`; false at its end. */
bool challenge_next(struct str *field, struct challenge *ret);

/* Cuts the next "name=value" from a challenge's text, the value unquoted into `value`, which is
 * cleared first; false at the end, or when memory is short (buf_failed). */
bool challenge_param(struct str *text, struct str *ret_name, struct buf *value);

#endif
