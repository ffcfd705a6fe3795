/* SPDX-License-Identifier: MIT */
/* curl_ws_*: frames of a WebSocket. After a transfer with CURLOPT_CONNECT_ONLY 2 the connection is
 * the program's, and they work on its socket; during a transfer what is sent goes to the worker,
 * which never blocks the program. */
#include "api/handle.h"

#include "boundary/ws.h"
#include "protocols/ws.h"

#include <string.h>

/* True where a transfer has left an open WebSocket. */
static bool keeps_websocket(const struct easy *e)
{
    const char *scheme = e->facts.scheme;

    return e->kept && e->settings->connect_only == 2 && scheme &&
           (!strcmp(scheme, "ws") || !strcmp(scheme, "wss"));
}

CURLcode curl_ws_recv(CURL *handle, void *buffer, size_t size, size_t *received,
                      const struct curl_ws_frame **meta)
{
    struct easy *e = easy_of(handle);
    CURLcode result;

    if (received)
        *received = 0;
    if (meta)
        *meta = NULL;
    if (!e || !received || !meta || (!buffer && size))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (easy_is_in_callback(e))
        return CURLE_RECURSIVE_API_CALL;
    if (!e->settings->connect_only)
        return CURLE_UNSUPPORTED_PROTOCOL;
    if (!keeps_websocket(e))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    result = ws_session_recv(e, buffer, size, received);
    if (!result)
        *meta = &e->ws.meta;
    return result;
}

/* ---- Sending during a transfer ---- */

static CURLcode encode(struct easy *e, struct str bytes, curl_off_t frame_size, unsigned flags,
                       struct buf *to)
{
    struct ws_encoder *out = &e->ws.out;
    unsigned char mask[WS_MASK_LEN];
    const char *reason;
    CURLcode result = CURLE_OK;

    if (!out->left) {
        ws_new_mask(mask);
        result =
            ws_encode_head(out, flags, flags & CURLWS_OFFSET ? frame_size : (curl_off_t)bytes.len,
                           mask, to, &reason);
    }
    if (result)
        return result;
    if ((curl_off_t)bytes.len > out->left)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    return ws_encode_payload(out, bytes, to) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* Hands the frame to the worker, all of it or nothing. */
static CURLcode send_to(struct easy *e, struct exchange *x, struct str bytes, curl_off_t frame_size,
                        unsigned flags)
{
    struct ws_encoder before = e->ws.out;
    scoped(buf) frame = {0};
    CURLcode result;

    if (e->settings->ws_options & CURLWS_RAW_MODE)
        return frame_size || flags ? CURLE_BAD_FUNCTION_ARGUMENT : ws_post(x, bytes, true);
    result = encode(e, bytes, frame_size, flags, &frame);
    if (!result)
        result = ws_post(x, (struct str){buf_text(&frame), frame.len}, !e->ws.out.left);
    if (result)
        e->ws.out = before;
    return result;
}

/* The running transfer, counted; NULL for none. */
static struct exchange *exchange_of(struct easy *e)
{
    struct multi *m = e->multi;
    struct exchange *x = NULL;

    if (!m)
        return NULL;
    lock_take(&m->lock);
    if (e->exchange)
        x = exchange_ref(e->exchange);
    lock_drop(&m->lock);
    return x;
}

CURLcode curl_ws_send(CURL *handle, const void *buffer, size_t size, size_t *sent,
                      curl_off_t fragment_size, unsigned int flags)
{
    struct easy *e = easy_of(handle);
    struct str bytes = {buffer, size};
    size_t len = 0;
    struct exchange *x;
    CURLcode result;

    if (sent)
        *sent = 0;
    if (!e || (!buffer && size))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    x = exchange_of(e);
    if (x) {
        result = send_to(e, x, bytes, fragment_size, flags);
        len = result ? 0 : size;
        exchange_unref(x);
    } else if (keeps_websocket(e)) {
        result = ws_session_send(e, bytes, &len, fragment_size, flags);
    } else {
        result = CURLE_SEND_ERROR;
    }
    if (sent)
        *sent = len;
    return result;
}

/* ---- Inside callbacks ---- */

CURLcode curl_ws_start_frame(CURL *handle, unsigned int flags, curl_off_t frame_len)
{
    static const unsigned char mask[WS_MASK_LEN];
    struct easy *e = easy_of(handle);
    char bytes[WS_HEAD_MAX + 1];
    scoped(buf) head = BUF_IN(bytes);
    struct ws_encoder encoder;
    const char *reason;
    CURLcode result;

    if (!e || !e->ws.in_read)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (e->ws.started || e->ws.read_left)
        return CURLE_SEND_ERROR;
    encoder = (struct ws_encoder){.message = e->ws.read_message};
    result = ws_encode_head(&encoder, flags, frame_len, mask, &head, &reason);
    if (result)
        return result;
    e->ws.read_message = encoder.message;
    e->ws.started = true;
    e->ws.start_flags = flags;
    e->ws.start_size = frame_len;
    return CURLE_OK;
}

const struct curl_ws_frame *curl_ws_meta(CURL *handle)
{
    struct easy *e = easy_of(handle);

    return e && e->ws.in_write ? &e->ws.meta : NULL;
}
