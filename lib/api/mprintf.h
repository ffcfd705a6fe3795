/* SPDX-License-Identifier: MIT */
/* The engine of the curl_mprintf family: a format and its arguments become text, piece by piece.
 * The conversions are those of printf, with libcurl's own ways: %S and %#s put quotes around a
 * string, NULL is
 * "(nil)", %n is there, floats have at most 325 characters. Locale plays no part but in the decimal
 * point. */
#ifndef API_MPRINTF_H
#define API_MPRINTF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the text goes. `put` returns false when it takes no more, which ends it all. */
struct mprintf_sink {
    bool (*put)(struct mprintf_sink *, const char *text, size_t len);
    int count; /* bytes put */
};

/* Writes to the sink; nothing for a malformed format. Returns how many bytes were put. */
int mprintf_write(struct mprintf_sink *, const char *format, va_list arguments);

#endif
