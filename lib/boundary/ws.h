/* SPDX-License-Identifier: MIT */
/* WebSocket frames on their way between the sides: pieces of received payloads to the program, and
 * frames that the program made (curl_ws_send during a transfer) to the worker. */
#ifndef BOUNDARY_WS_H
#define BOUNDARY_WS_H

#include "base/str.h"
#include "boundary/exchange.h"
#include "wire/ws_frame.h"

#include <stdbool.h>

enum {
    WS_BACKLOG = 1 << 20, /* bytes that the program may be ahead of the socket */
    WS_EVENT_COST = 256,  /* what a piece counts in the window beside its bytes: it may have none */
};

/* Who takes the program's frames. The worker's. */
struct ws_sink {
    /* `ends`: the last of the bytes ends a frame. */
    void (*take)(struct ws_sink *, struct str bytes, bool ends);
};

/* ---- Worker side, the transfer's fiber ---- */

/* A piece of a payload for the write callback. Parks as send_body does; also for a piece without
 * bytes. */
WAITS CURLcode send_ws_piece(struct exchange *, const struct ws_piece *);

/* Frames of the program go to `sink` from now on; NULL: none are taken any more. */
void ws_listen(struct exchange *, struct ws_sink *);

/* Frames of the program are on their way to the sink. */
bool ws_has_posts(struct exchange *);

/* So many bytes of the program's wait for the socket. */
void ws_note_backlog(struct exchange *, size_t bytes);

/* ---- Application side ---- */

/* Copies bytes of frames to the worker. CURLE_AGAIN when the socket is WS_BACKLOG behind,
 * CURLE_SEND_ERROR when no WebSocket is open, CURLE_OUT_OF_MEMORY. */
CURLcode ws_post(struct exchange *, struct str bytes, bool ends);

#endif
