/* SPDX-License-Identifier: MIT */
/* Frames of the WebSocket protocol (RFC 6455 5), as a client reads and writes them, and the answer
 * to its key (RFC 6455 4.2.2). Flags are those of curl_ws_meta: the type of the message in each of
 * its frames, CURLWS_CONT in all but the last. */
#ifndef WIRE_WS_FRAME_H
#define WIRE_WS_FRAME_H

#include "base/buf.h"
#include "base/str.h"

#include <curl/curl.h>
#include <stdbool.h>

enum {
    WS_CONTROL_MAX = 125, /* bytes of a control frame's payload */
    WS_MASK_LEN = 4,
    WS_HEAD_MAX = 14, /* bytes of a client's head */
};

/* ---- Reading ---- */

/* A zeroed one begins between two frames. */
struct ws_decoder {
    /* The frame that is read: */
    bool in_frame;    /* its head is complete */
    int flags;        /* CURLWS_* */
    curl_off_t size;  /* of its payload */
    curl_off_t taken; /* bytes of it that were handed out */

    int message; /* CURLWS_TEXT or BINARY: the type of a message whose end has not come; else 0 */
    unsigned char head[10];
    size_t head_len;
};

/* A part of a payload, or a whole one. */
struct ws_piece {
    int flags;
    curl_off_t offset; /* of its first byte in the frame's payload */
    curl_off_t left;   /* bytes of the frame behind it */
    struct str bytes;  /* in what was given; empty for an empty frame */
};

/* Reads on in `bytes`, as far as one piece of at most `most` bytes; *ret_used were used up.
 * *ret_found: there is a piece. With `most` 0 that is one without bytes, for who wants to know what
 * comes. CURLE_RECV_ERROR, with a reason, for what a server must not send. */
CURLcode ws_decode(struct ws_decoder *, struct str bytes, size_t most, size_t *ret_used,
                   bool *ret_found, struct ws_piece *ret_piece, const char **ret_reason);

/* ---- Writing ---- */

/* A zeroed one begins between two messages. */
struct ws_encoder {
    int message;     /* the type of the message whose last frame was not begun; else 0 */
    curl_off_t left; /* bytes of the frame's payload that were not written */
    unsigned char mask[WS_MASK_LEN];
    unsigned mask_at;
};

/* Begins a frame of `size` bytes of payload: appends its head. A frame of a message that was begun
 * may leave its type out. CURLE_BAD_FUNCTION_ARGUMENT, with a reason, for flags or a size that no
 * frame has; CURLE_SEND_ERROR when the frame before is not complete; CURLE_OUT_OF_MEMORY. Whatever
 * it is, nothing was appended then. */
CURLcode ws_encode_head(struct ws_encoder *, unsigned flags, curl_off_t size,
                        const unsigned char mask[WS_MASK_LEN], struct buf *to,
                        const char **ret_reason);

/* Appends bytes of the frame's payload, masked: no more than it has left. False when memory is
 * short. */
bool ws_encode_payload(struct ws_encoder *, struct str bytes, struct buf *to);

/* Appends the answer to a ping, all of it or nothing: its payload is at most WS_CONTROL_MAX bytes.
 * False when memory is short. */
bool ws_encode_pong(struct str payload, const unsigned char mask[WS_MASK_LEN], struct buf *to);

/* ---- The opening handshake ---- */

/* Appends what a server answers to `key` in Sec-WebSocket-Accept. */
bool ws_accept_append(struct buf *, struct str key);

#endif
