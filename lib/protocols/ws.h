/* SPDX-License-Identifier: MIT */
/* WebSocket (RFC 6455): a request over HTTP/1.1 that turns its connection into one of frames. What
 * http.c calls of it. */
#ifndef PROTOCOLS_WS_H
#define PROTOCOLS_WS_H

#include "protocols/http.h"
#include "wire/ws_frame.h"

/* ws or wss: asked for by HTTP/1.1, whatever the program has said (RFC 6455 4.1). */
bool ws_is_scheme(const char *scheme);

/* The URL's scheme is one of them. */
bool ws_is_asked_for(const struct http *);

/* Unpredictable, as RFC 6455 10.3 wants it. Any thread. */
void ws_new_mask(unsigned char mask[WS_MASK_LEN]);

/* Appends the fields that ask for it, but for "Connection". CURLE_OUT_OF_MEMORY. */
CURLcode ws_add_fields(struct http *);

/* A field of an answer with status 101. */
CURLcode ws_note_field(struct http *, struct str name, struct str value);

/* The answer's head is complete: it is what RFC 6455 4.1 wants of it, or an error with a text. */
CURLcode ws_accept(struct http *);

/* The server did not agree. An error with a text. */
CURLcode ws_refused(struct http *);

/* Frames both ways until the connection ends; or, with CURLOPT_CONNECT_ONLY, leaves it to the
 * program. */
WAITS CURLcode ws_converse(struct http *);

#endif
