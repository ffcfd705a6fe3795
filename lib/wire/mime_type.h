/* SPDX-License-Identifier: MIT */
/* What the head of a MIME part is made of: the type of a file, and how a name is quoted. */
#ifndef WIRE_MIME_TYPE_H
#define WIRE_MIME_TYPE_H

#include "base/buf.h"

#include <stdbool.h>

/* The content type that a file name's ending stands for; NULL for a name without one that is known,
 * and for NULL. */
const char *mime_type_of_file(const char *name);

/* Whether a content type is `type`, whatever its parameters. */
bool mime_type_is(const char *content_type, const char *type);

/* Appends a quoted parameter's text. By percent signs: quote, CR and LF are %22, %0D, %0A (as forms
 * do it in HTML). By backslashes: in front of quotes and backslashes (as mail does it, RFC 2822
 * 3.2.5). */
enum mime_escape { MIME_BY_PERCENT, MIME_BY_BACKSLASH };
void mime_append_quoted(struct buf *, const char *text, enum mime_escape);

#endif
