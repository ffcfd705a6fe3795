/* SPDX-License-Identifier: MIT */
/* WebSocket frames over a connection that an easy handle has upgraded.
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_WEBSOCKETS_H
#define CURLINC_WEBSOCKETS_H

#ifdef __cplusplus
extern "C" {
#endif

struct curl_ws_frame {
    int age;              /* of this struct: 0 */
    int flags;            /* CURLWS_* */
    curl_off_t offset;    /* of this piece in the frame's payload */
    curl_off_t bytesleft; /* of the payload behind this piece */
    size_t len;           /* of this piece */
};

/* What a frame is, and for curl_ws_send how the piece belongs to it. */
#define CURLWS_TEXT   (1 << 0)
#define CURLWS_BINARY (1 << 1)
#define CURLWS_CONT   (1 << 2)
#define CURLWS_CLOSE  (1 << 3)
#define CURLWS_PING   (1 << 4)
#define CURLWS_OFFSET (1 << 5)
#define CURLWS_PONG   (1 << 6)

/* Bits of CURLOPT_WS_OPTIONS. */
#define CURLWS_RAW_MODE   (1L << 0)
#define CURLWS_NOAUTOPONG (1L << 1)

CURL_EXTERN CURLcode curl_ws_recv(CURL *easy, void *buffer, size_t size, size_t *received,
                                  const struct curl_ws_frame **meta);
CURL_EXTERN CURLcode curl_ws_send(CURL *easy, const void *buffer, size_t size, size_t *sent,
                                  curl_off_t fragment_size, unsigned int flags);
CURL_EXTERN CURLcode curl_ws_start_frame(CURL *easy, unsigned int flags, curl_off_t frame_len);

/* The frame that the write callback is being called for; NULL elsewhere. */
CURL_EXTERN const struct curl_ws_frame *curl_ws_meta(CURL *easy);

#ifdef __cplusplus
}
#endif

#endif
