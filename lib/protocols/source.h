/* SPDX-License-Identifier: MIT */
/* What a transfer uploads: the program's reader, asked piece by piece on its own thread. Worker
 * side, the transfer's fibers. */
#ifndef PROTOCOLS_SOURCE_H
#define PROTOCOLS_SOURCE_H

#include "boundary/ask.h"
#include "protocols/hop.h"

#include <stddef.h>

/* A question for the next piece, not sent yet: at most CURLOPT_UPLOAD_BUFFERSIZE bytes, in a chunk
 * with room for `before` bytes in front and `behind` behind. NULL when memory is short. */
struct ask *source_ask(struct hop *, size_t before, size_t behind);

/* The reader moves to `offset` from its start; *ret_answer is a CURL_SEEKFUNC_*. */
WAITS CURLcode source_seek(struct hop *, curl_off_t offset, int *ret_answer);

/* Reads and drops `*left` bytes of a reader that cannot seek; `*left` says how many there were
 * not. */
WAITS CURLcode source_read_past(struct hop *, curl_off_t *left);

#endif
