/* SPDX-License-Identifier: MIT */
/* Received bytes to header lines: finds line ends (LF or CRLF), joins folded lines with one space,
 * enforces limits.
 *
 * A line is known to be complete only when the byte behind it shows that it does not fold, so it is
 * handed out one byte late; that byte is not consumed. The status line does not fold, and the blank
 * line is the end: both come at once. A line that begins with a blank where no field precedes it is
 * dropped (RFC 9112 2.2).
 */
#ifndef WIRE_HEAD_READER_H
#define WIRE_HEAD_READER_H

#include "base/buf.h"
#include "wire/head.h"

struct head_reader {
    struct buf line;     /* the line that is being collected, including its line end */
    size_t piece_start;  /* of the last physical line in it */
    bool handed_out;     /* `line` was given to the caller: the next call forgets it */
    bool has_line;       /* `line` is complete but the next byte decides whether it is folded */
    bool first_done;     /* the status line was handed out: lines may fold from here on */
    bool has_field;      /* a field precedes: a line that begins with a blank continues it */
    size_t total, count; /* bytes taken, and lines handed out but for status and blank ones */
};

void head_reader_release(struct head_reader *);

/* Begins a new head (false: trailers). The counts go on, since the limits hold for a response with
 * its 1xx heads and its trailers; a released or zeroed reader is ready for a new response. */
void head_reader_reset(struct head_reader *, bool expects_status);

enum head_step {
    HEAD_MORE, /* all bytes were used; more are needed */
    HEAD_LINE, /* *ret_line is a complete line, unfolded, with its line end as CRLF or LF as it
                  came; good until the next call */
    HEAD_END,  /* *ret_line is the blank line that ends the head */
};

/* Takes bytes; *ret_used says how many were consumed (the rest is offered again). Errors:
 * CURLE_TOO_LARGE (a line or the count over its limit), CURLE_RECV_ERROR (the total, as libcurl),
 * CURLE_WEIRD_SERVER_REPLY (NUL, stray CR), CURLE_OUT_OF_MEMORY; *ret_reason is a static text. */
CURLcode head_reader_take(struct head_reader *, const char *bytes, size_t len, size_t *ret_used,
                          enum head_step *ret_step, struct str *ret_line, const char **ret_reason);

/* The bytes have ended: true with the last line, if it was complete and not handed out yet. */
bool head_reader_take_last(struct head_reader *, struct str *ret_line);

#endif
