/* SPDX-License-Identifier: MIT */
#include "protocols/body.h"

#include "base/clock.h"
#include "runtime/wait.h"

/* Waits until `moved` bytes since the transfer began its body are no more than `per_second` allows.
 */
static WAITS CURLcode keep_pace(struct hop *hop, curl_off_t moved, curl_off_t per_second,
                                int64_t *began)
{
    int64_t now, due;

    if (!per_second)
        return CURLE_OK;
    now = clock_now();
    if (!*began)
        *began = now;
    due = *began + (int64_t)((double)moved / (double)per_second * (double)CLOCK_SECOND);
    if (due <= now)
        return CURLE_OK;
    return exchange_result(hop->exchange, wait_until(due));
}

/* Counts bytes that are about to be handed on, against the limit. */
static CURLcode count(struct hop *hop, size_t len)
{
    const struct settings *s = hop->settings;

    hop->facts->downloaded += (curl_off_t)len;
    if (!s->max_filesize || hop->facts->downloaded <= s->max_filesize)
        return CURLE_OK;
    return hop->hooks->fail(hop->hooks->owner, CURLE_FILESIZE_EXCEEDED,
                            "Exceeded the maximum allowed file size (%" CURL_FORMAT_CURL_OFF_T
                            ") with %" CURL_FORMAT_CURL_OFF_T " bytes",
                            s->max_filesize, hop->facts->downloaded);
}

static WAITS CURLcode keep_receive_pace(struct hop *hop)
{
    return keep_pace(hop, hop->facts->downloaded, hop->settings->max_recv_speed, &hop->recv_began);
}

CURLcode body_write(struct hop *hop, struct chunk *c)
{
    CURLcode result = count(hop, chunk_len(c));

    if (result) {
        chunk_drop(c);
        return result;
    }
    result = send_body(hop->exchange, c);
    return result ? result : keep_receive_pace(hop);
}

CURLcode body_write_bytes(struct hop *hop, const char *bytes, size_t len)
{
    CURLcode result = count(hop, len);

    while (!result && len) {
        size_t part = len < SEND_COPY_MAX ? len : SEND_COPY_MAX;
        result = send_body_copy(hop->exchange, bytes, part);
        bytes += part;
        len -= part;
    }
    return result ? result : keep_receive_pace(hop);
}

CURLcode body_sent(struct hop *hop, size_t len)
{
    hop->facts->uploaded += (curl_off_t)len;
    return keep_pace(hop, hop->facts->uploaded, hop->settings->max_send_speed, &hop->send_began);
}
