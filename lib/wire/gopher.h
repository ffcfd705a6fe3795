/* SPDX-License-Identifier: MIT */
/* The one line that is said to a Gopher server (RFC 1436, RFC 4266). */
#ifndef WIRE_GOPHER_H
#define WIRE_GOPHER_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>

/* Appends the selector of a URL, with its line's end; `query` may be empty. CURLE_URL_MALFORMAT for
 * one with a line end or a zero byte in it, CURLE_OUT_OF_MEMORY. */
CURLcode gopher_append_selector(struct buf *, struct str path, struct str query);

#endif
