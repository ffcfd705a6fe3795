/* SPDX-License-Identifier: MIT */
/* Dates: all formats that curl_getdate documents, and the one that HTTP writes. */
#ifndef WIRE_DATE_H
#define WIRE_DATE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970 in UTC (as far as 64 bits go); false when the text is no date. */
bool date_parse(struct str text, int64_t *ret_seconds);

enum { DATE_TEXT_SIZE = 32 };

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). */
void date_format(int64_t seconds, char text[DATE_TEXT_SIZE]);

#endif
