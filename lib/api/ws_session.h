/* SPDX-License-Identifier: MIT */
/* What an easy handle knows of its WebSocket: the frame whose bytes the write callback has, the one
 * that the read callback fills, and, once a transfer has left an open WebSocket to the program
 * (CURLOPT_CONNECT_ONLY 2), the state of both directions. The thread that uses the handle. */
#ifndef API_WS_SESSION_H
#define API_WS_SESSION_H

#include "base/buf.h"
#include "wire/ws_frame.h"

#include <curl/curl.h>
#include <stdbool.h>

struct easy;
struct event_body;

struct ws_session {
    struct curl_ws_frame meta; /* of the bytes that were given out last */
    bool in_write;             /* inside the write callback, with bytes of a frame */

    /* Inside the read callback, and what it has begun. */
    bool in_read;
    bool started;
    unsigned start_flags;
    curl_off_t start_size;
    curl_off_t read_left; /* bytes of the frame that the callback still owes */
    int read_message;     /* the type of the message that its frames have begun; else 0 */

    struct ws_encoder out; /* of curl_ws_send */

    /* Of a connection that was left to the program: */
    struct ws_decoder in;
    struct buf ping;      /* the payload of the last one */
    bool pong_due;        /* it is complete, and not answered */
    struct buf unsent;    /* bytes of frames that the socket did not take yet */
    size_t unsent_owed;   /* how many of them the program was told are not sent */
    bool empty_announced; /* a frame without payload is all in `unsent` */
};

/* Nothing of a transfer before shows through. */
void ws_session_reset(struct ws_session *);

/* The frame's bytes are given to the write callback: `len` from `offset` of the event's. */
void ws_session_enter_write(struct easy *, const struct event_body *, size_t len);
void ws_session_leave_write(struct easy *);

/* curl_ws_recv and curl_ws_send on the connection that the handle keeps. */
CURLcode ws_session_recv(struct easy *, void *buffer, size_t size, size_t *ret_len);
CURLcode ws_session_send(struct easy *, struct str bytes, size_t *ret_len, curl_off_t frame_size,
                         unsigned flags);

#endif
