/* SPDX-License-Identifier: MIT */
/* curl_ws_*: WebSocket is not built. As in every libcurl without it, the functions are there, so
 * that a program which imports them starts, and say so. */
#include <curl/curl.h>

CURLcode curl_ws_recv(CURL *easy, void *buffer, size_t size, size_t *received,
                      const struct curl_ws_frame **meta)
{
    (void)easy;
    (void)buffer;
    (void)size;
    if (received)
        *received = 0;
    if (meta)
        *meta = NULL;
    return CURLE_NOT_BUILT_IN;
}

CURLcode curl_ws_send(CURL *easy, const void *buffer, size_t size, size_t *sent,
                      curl_off_t fragment_size, unsigned int flags)
{
    (void)easy;
    (void)buffer;
    (void)size;
    (void)fragment_size;
    (void)flags;
    if (sent)
        *sent = 0;
    return CURLE_NOT_BUILT_IN;
}

CURLcode curl_ws_start_frame(CURL *easy, unsigned int flags, curl_off_t frame_len)
{
    (void)easy;
    (void)flags;
    (void)frame_len;
    return CURLE_NOT_BUILT_IN;
}

const struct curl_ws_frame *curl_ws_meta(CURL *easy)
{
    (void)easy;
    return NULL;
}
