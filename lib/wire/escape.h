/* SPDX-License-Identifier: MIT */
/* Percent encoding (RFC 3986 2.1). */
#ifndef WIRE_ESCAPE_H
#define WIRE_ESCAPE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

/* Appends `s` with all but unreserved characters encoded, in upper case. */
bool escape_append(struct buf *, struct str s);

/* The same, and the characters in `kept` stay as they are too. */
bool escape_append_except(struct buf *, struct str s, const char *kept);

/* Appends one byte in its encoded form. */
bool escape_append_char(struct buf *, char c);

/* Appends `s` decoded; a '%' without two hexadecimal digits stays. False when memory is short. */
bool unescape_append(struct buf *, struct str s);

#endif
