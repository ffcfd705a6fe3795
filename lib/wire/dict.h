/* SPDX-License-Identifier: MIT */
/* The command that a dict:// URL stands for (RFC 2229 2.2, 3.2, 3.3, 5). */
#ifndef WIRE_DICT_H
#define WIRE_DICT_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>

/* Appends DEFINE ("/d:WORD:DATABASE", also "define" and "lookup"), MATCH ("/m:WORD:DATABASE:HOW",
 * also "match" and "find"), or the path's words as they are, with the line's end.
 * CURLE_URL_MALFORMAT for a path with control characters in it, CURLE_OUT_OF_MEMORY. */
CURLcode dict_append_command(struct buf *, struct str path);

#endif
