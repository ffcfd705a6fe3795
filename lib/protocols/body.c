/* SPDX-License-Identifier: MIT */
#include "protocols/body.h"

#include "base/clock.h"
#include "protocols/decode.h"
#include "runtime/wait.h"

#include <string.h>

/* Waits until `moved` bytes since the transfer began its body are no more than `per_second` allows.
 */
static WAITS CURLcode keep_pace(struct hop *hop, curl_off_t moved, curl_off_t per_second,
                                int64_t *began)
{
    int64_t now, due;

    if (!per_second || hop->facts->protocol == CURLPROTO_FILE)
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

/* Gives bytes to the program, a copy of them. */
static WAITS CURLcode give(struct hop *hop, const char *bytes, size_t len)
{
    CURLcode result = CURLE_OK;

    while (!result && len) {
        size_t part = len < CHUNK_SMALL ? len : CHUNK_SMALL;
        struct chunk *c = part > SEND_COPY_MAX ? chunk_take(CHUNK_SMALL) : NULL;

        if (c) {
            memcpy(c->bytes, bytes, part);
            c->end = part;
            result = send_body(hop->exchange, c);
        } else {
            part = part < SEND_COPY_MAX ? part : SEND_COPY_MAX;
            result = send_body_copy(hop->exchange, bytes, part);
        }
        bytes += part;
        len -= part;
    }
    return result;
}

CURLcode body_write_decoded(struct hop *hop, const char *bytes, size_t len)
{
    curl_off_t most = hop->settings->max_filesize;

    hop->decoded += (curl_off_t)len;
    if (most && hop->decoded > most)
        return too_large(hop);
    return give(hop, bytes, len);
}

static CURLcode refuse_coding(struct hop *hop)
{
    if (hop->decoding->unknown)
        return hop->hooks->fail(hop->hooks->owner, CURLE_BAD_CONTENT_ENCODING,
                                "Unrecognized content encoding type. libcurl understands %s "
                                "content encodings.",
                                decode_names());
    return hop->hooks->fail(hop->hooks->owner, CURLE_BAD_CONTENT_ENCODING,
                            "Error while processing content unencoding: %s",
                            decode_reason(hop->decoding) ? decode_reason(hop->decoding)
                                                         : "invalid data");
}

/* Received bytes on their way through the decoders. */
static WAITS CURLcode decode(struct hop *hop, const char *bytes, size_t len)
{
    CURLcode result = decode_write(hop->decoding, bytes, len);

    if (result == CURLE_WRITE_ERROR && decode_reason(hop->decoding))
        return hop->hooks->fail(hop->hooks->owner, result, "%s", decode_reason(hop->decoding));
    return result == CURLE_BAD_CONTENT_ENCODING ? refuse_coding(hop) : result;
}

/* The debug callback gets what came, before it is decoded. */
static void log_received(struct hop *hop, const char *bytes, size_t len)
{
    if (!hop->logs_body_itself)
        send_log(hop->exchange, CURLINFO_DATA_IN, bytes, len);
}

CURLcode body_write(struct hop *hop, struct chunk *c)
{
    size_t len = chunk_len(c), admitted;
    CURLcode result;

    if (hop->discards_body) {
        chunk_drop(c);
        return CURLE_OK;
    }
    log_received(hop, chunk_at(c), len);
    admitted = admit(hop, len);
    c->end = c->start + admitted;
    if (hop->decoding) {
        result = decode(hop, chunk_at(c), admitted);
        chunk_drop(c);
    } else {
        result = send_body(hop->exchange, c);
    }
    if (!result && admitted < len)
        return too_large(hop);
    return result ? result : keep_receive_pace(hop);
}

CURLcode body_write_bytes(struct hop *hop, const char *bytes, size_t len)
{
    size_t admitted = hop->discards_body ? 0 : admit(hop, len);
    CURLcode result;

    if (hop->discards_body)
        return CURLE_OK;
    log_received(hop, bytes, len);
    if (hop->decoding)
        result = decode(hop, bytes, admitted);
    else
        result = give(hop, bytes, admitted);
    if (!result && admitted < len)
        return too_large(hop);
    return result ? result : keep_receive_pace(hop);
}

CURLcode body_received(struct hop *hop, size_t len)
{
    hop->facts->downloaded += (curl_off_t)len;
    return keep_receive_pace(hop);
}

CURLcode body_sent(struct hop *hop, size_t len)
{
    hop->facts->uploaded += (curl_off_t)len;
    return keep_pace(hop, hop->facts->uploaded, hop->settings->max_send_speed, &hop->send_began);
}
