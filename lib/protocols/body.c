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

    if (!per_second || !hop->connection) /* not for files of this machine */
        return CURLE_OK;
    now = clock_now();
    if (!*began)
        *began = now;
    due = *began + (int64_t)((double)moved / (double)per_second * (double)CLOCK_SECOND);
    if (due <= now)
        return CURLE_OK;
    return exchange_result(hop->exchange, wait_until(due));
}

/* How many of `len` more bytes CURLOPT_MAXFILESIZE lets through; they are counted. */
static size_t admit(struct hop *hop, size_t len)
{
    curl_off_t most = hop->settings->max_filesize, before = hop->facts->downloaded;

    if (most && before + (curl_off_t)len > most)
        len = (size_t)(most - before);
    hop->facts->downloaded += (curl_off_t)len;
    return len;
}

static CURLcode too_large(struct hop *hop)
{
    return hop->hooks->fail(hop->hooks->owner, CURLE_FILESIZE_EXCEEDED,
                            "Exceeded the maximum allowed file size (%" CURL_FORMAT_CURL_OFF_T ")",
                            hop->settings->max_filesize);
}

static WAITS CURLcode keep_receive_pace(struct hop *hop)
{
    return keep_pace(hop, hop->facts->downloaded, hop->settings->max_recv_speed, &hop->recv_began);
}

CURLcode body_write(struct hop *hop, struct chunk *c)
{
    size_t len = chunk_len(c), admitted;
    CURLcode result;

    if (hop->discards_body) {
        chunk_drop(c);
        return CURLE_OK;
    }
    admitted = admit(hop, len);
    c->end = c->start + admitted;
    result = send_body(hop->exchange, c);
    if (!result && admitted < len)
        return too_large(hop);
    return result ? result : keep_receive_pace(hop);
}

CURLcode body_write_bytes(struct hop *hop, const char *bytes, size_t len)
{
    size_t admitted = hop->discards_body ? 0 : admit(hop, len), left = admitted;
    CURLcode result = CURLE_OK;

    if (hop->discards_body)
        return CURLE_OK;
    while (!result && left) {
        size_t part = left < SEND_COPY_MAX ? left : SEND_COPY_MAX;
        result = send_body_copy(hop->exchange, bytes, part);
        bytes += part;
        left -= part;
    }
    if (!result && admitted < len)
        return too_large(hop);
    return result ? result : keep_receive_pace(hop);
}

CURLcode body_sent(struct hop *hop, size_t len)
{
    hop->facts->uploaded += (curl_off_t)len;
    return keep_pace(hop, hop->facts->uploaded, hop->settings->max_send_speed, &hop->send_began);
}
