/* SPDX-License-Identifier: MIT */
/* Sending a request. The head goes out first, with a body in memory as far as the socket takes it;
 * what is left is sent by a fiber of its own, while the transfer's fiber already reads: a server
 * may answer before it has read all. */
#include "protocols/http.h"

#include "base/clock.h"
#include "net/stream.h"
#include "protocols/body.h"
#include "protocols/http2.h"
#include "protocols/source.h"
#include "runtime/wait.h"
#include "runtime/worker.h"
#include "wire/chunked.h"

#include <string.h>

enum { PIECE = CHUNK_LARGE };

static void request_sent(struct http *h)
{
    h->hop->facts->posttransfer_time =
        hop_add_time(h->hop, h->hop->earlier.posttransfer, clock_now());
}

static WAITS CURLcode send_all(struct http *h, const char *bytes, size_t len)
{
    CURLcode result;

    if (h->h2)
        return http2_send_body(h, bytes, len, false);
    result = stream_send_all(h->hop->connection->stream, bytes, len, CLOCK_NEVER);
    return result == CURLE_SEND_ERROR ? http_stream_failed(h, result, "Send") : result;
}

/* ---- The body ---- */

/* From memory, what is not sent yet. */
static WAITS CURLcode send_memory(struct http *h)
{
    struct http_upload *u = &h->upload;

    while (u->sent < u->length) {
        curl_off_t left = u->length - u->sent;
        size_t len = left > PIECE ? PIECE : (size_t)left;
        CURLcode result = send_all(h, u->memory + u->sent, len);
        if (result)
            return result;
        send_log(h->hop->exchange, CURLINFO_DATA_OUT, u->memory + u->sent, len);
        u->sent += (curl_off_t)len;
        result = body_sent(h->hop, len);
        if (result)
            return result;
    }
    return CURLE_OK;
}

/* Puts the chunked coding around a piece that lies in its chunk with room before and behind it. */
static void frame(struct chunk *c)
{
    char prefix[CHUNKED_PREFIX_MAX + 1];
    size_t len = chunked_prefix(chunk_len(c), prefix);

    c->start -= len;
    memcpy(chunk_at(c), prefix, len);
    memcpy(c->bytes + c->end, "\r\n", CHUNKED_SUFFIX_LEN);
    c->end += CHUNKED_SUFFIX_LEN;
}

static WAITS CURLcode send_piece(struct http *h, struct chunk *c)
{
    struct http_upload *u = &h->upload;
    size_t len = chunk_len(c);
    CURLcode result;

    if (u->length >= 0 && u->sent + (curl_off_t)len > u->length) {
        len = (size_t)(u->length - u->sent);
        c->end = c->start + len;
    }
    if (u->chunked)
        frame(c);
    result = send_all(h, chunk_at(c), chunk_len(c));
    if (result)
        return result;
    send_log(h->hop->exchange, CURLINFO_DATA_OUT, chunk_at(c), chunk_len(c));
    u->sent += (curl_off_t)len;
    return body_sent(h->hop, chunk_len(c)); /* with what frames it */
}

/* The end of a chunked body: the last chunk, and the program's trailers. */
static WAITS CURLcode send_last_chunk(struct http *h)
{
    scoped(buf) end = {0};
    struct ask *a;
    CURLcode result;

    buf_append_text(&end, "0\r\n");
    if (h->hop->settings->trailer_function) {
        a = ask_new(h->hop->exchange, ASK_TRAILERS);
        if (!a)
            return CURLE_OUT_OF_MEMORY;
        ask_send(a);
        result = ask_wait(a, CLOCK_NEVER);
        if (result)
            return result;
        buf_append_text(&end, a->trailers);
        ask_free(a);
    }
    buf_append_text(&end, "\r\n");
    if (buf_failed(&end))
        return CURLE_OUT_OF_MEMORY;
    result = send_all(h, end.bytes, end.len);
    if (result)
        return result;
    send_log(h->hop->exchange, CURLINFO_DATA_OUT, end.bytes, end.len);
    return body_sent(h->hop, end.len);
}

/* In one chunk. */
static WAITS CURLcode send_memory_chunked(struct http *h)
{
    char line[CHUNKED_PREFIX_MAX + 1];
    CURLcode result = CURLE_OK;
    size_t len;

    if (h->upload.length) {
        len = chunked_prefix((size_t)h->upload.length, line);
        result = send_all(h, line, len);
        if (!result)
            result = send_memory(h);
        if (!result)
            result = send_all(h, "\r\n", CHUNKED_SUFFIX_LEN);
        if (!result)
            result = body_sent(h->hop, len + CHUNKED_SUFFIX_LEN);
    }
    return result ? result : send_last_chunk(h);
}

static struct ask *ask_piece(struct http *h)
{
    struct ask *a = source_ask(h->hop, CHUNKED_PREFIX_MAX, CHUNKED_SUFFIX_LEN);

    if (a)
        ask_send(a);
    return a;
}

static CURLcode source_ended(struct http *h)
{
    const struct http_upload *u = &h->upload;

    if (u->length < 0 || u->sent >= u->length)
        return CURLE_OK;
    return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_READ_ERROR,
                               "client read function EOF fail, only "
                               "%" CURL_FORMAT_CURL_OFF_T "/%" CURL_FORMAT_CURL_OFF_T
                               " of needed bytes read",
                               u->sent, u->length);
}

/* From the read callback; the next piece is asked for while one is being sent. */
static WAITS CURLcode send_from_callback(struct http *h)
{
    struct http_upload *u = &h->upload;
    struct ask *next = NULL;
    CURLcode result = CURLE_OK;

    h->hop->upload_begun = true;
    while (!result && (u->length < 0 || u->sent < u->length)) {
        struct ask *piece = next ? next : ask_piece(h);
        bool more;

        next = NULL;
        if (!piece)
            return CURLE_OUT_OF_MEMORY;
        result = ask_wait(piece, CLOCK_NEVER);
        if (result)
            return result;
        if (!chunk_len(piece->chunk)) {
            ask_free(piece);
            result = source_ended(h);
            break;
        }
        more = u->length < 0 || u->sent + (curl_off_t)chunk_len(piece->chunk) < u->length;
        next = more ? ask_piece(h) : NULL;
        result = more && !next ? CURLE_OUT_OF_MEMORY : send_piece(h, piece->chunk);
        ask_free(piece);
    }
    if (next)
        ask_abandon(next);
    if (!result && u->chunked)
        result = send_last_chunk(h);
    return result;
}

/* All that http_send_head left. */
static WAITS CURLcode send_body_of_request(struct http *h)
{
    if (h->upload.source == SOURCE_MEMORY && !h->upload.chunked)
        return send_memory(h);
    if (h->upload.source == SOURCE_MEMORY)
        return send_memory_chunked(h);
    return send_from_callback(h);
}

/* ---- Where the program's reader stands ---- */

CURLcode http_rewind(struct hop *hop)
{
    int answer;
    CURLcode result;

    if (!hop->upload_begun)
        return CURLE_OK;
    result = source_seek(hop, 0, &answer);
    if (result)
        return result;
    if (answer != CURL_SEEKFUNC_OK && hop->settings->seek_function && !hop->settings->form)
        return hop->hooks->fail(hop->hooks->owner, CURLE_SEND_FAIL_REWIND,
                                "seek callback returned error %d", answer);
    if (answer != CURL_SEEKFUNC_OK)
        return hop->hooks->fail(hop->hooks->owner, CURLE_SEND_FAIL_REWIND,
                                "necessary data rewind was not possible");
    hop->upload_begun = false;
    return CURLE_OK;
}

CURLcode http_upload_skip(struct http *h)
{
    curl_off_t left = h->upload.skip;
    int answer;
    CURLcode result;

    if (h->upload.source != SOURCE_CALLBACK || !h->upload.skip)
        return CURLE_OK;
    h->hop->upload_begun = true;
    result = source_seek(h->hop, h->upload.skip, &answer);
    if (result || answer == CURL_SEEKFUNC_OK)
        return result;
    if (answer == CURL_SEEKFUNC_FAIL)
        return h->hop->hooks->fail(h->hop->hooks->owner, CURLE_READ_ERROR, "Could not seek stream");
    result = source_read_past(h->hop, &left);
    if (!result && left)
        result =
            h->hop->hooks->fail(h->hop->hooks->owner, CURLE_READ_ERROR,
                                "Could only read %" CURL_FORMAT_CURL_OFF_T " bytes from the input",
                                h->upload.skip - left);
    return result;
}

/* ---- The head, and the sender's life ---- */

/* A body in memory that is small enough to go out with the head in one piece. */
static bool goes_with_head(const struct http_upload *u)
{
    return u->source == SOURCE_MEMORY && !u->chunked && !u->expect && u->length <= CHUNK_SMALL;
}

static CURLcode send_head_of_stream(struct http *h)
{
    CURLcode result = http2_send_head(h);

    if (result)
        return result;
    if (h->request.len) {
        h->hop->facts->request_size += (long)h->request.len;
        send_log(h->hop->exchange, CURLINFO_HEADER_OUT, h->request.bytes, h->request.len);
    }
    buf_release(&h->request);
    h->upload.complete = h->upload.source == SOURCE_NONE;
    if (h->upload.complete)
        request_sent(h);
    return CURLE_OK;
}

CURLcode http_send_head(struct http *h)
{
    struct http_upload *u = &h->upload;
    size_t head = h->request.len;
    CURLcode result;

    if (http2_is_on(h->hop))
        return send_head_of_stream(h);
    if (goes_with_head(u) && !buf_append(&h->request, u->memory, (size_t)u->length))
        return CURLE_OUT_OF_MEMORY;
    result = send_all(h, h->request.bytes, h->request.len);
    if (result)
        return result;
    h->hop->facts->request_size += (long)head;
    send_log(h->hop->exchange, CURLINFO_HEADER_OUT, h->request.bytes, head);
    if (goes_with_head(u) && u->length) {
        send_log(h->hop->exchange, CURLINFO_DATA_OUT, u->memory, (size_t)u->length);
        u->sent = u->length;
        result = body_sent(h->hop, (size_t)u->length);
    }
    buf_release(&h->request);
    u->complete = u->source == SOURCE_NONE || goes_with_head(u);
    if (u->complete)
        request_sent(h);
    return result;
}

static void run_sender(void *argument)
{
    struct http *h = argument;
    struct http_upload *u = &h->upload;

    u->result = send_body_of_request(h);
    if (!u->result && h->h2)
        u->result = http2_send_body(h, NULL, 0, true);
    if (!u->result) {
        u->complete = true;
        request_sent(h);
    } else if (u->result != CURLE_SEND_ERROR && !u->stopper) {
        exchange_abort(h->hop->exchange, u->result); /* the program's side of it failed */
    }
    u->sender = NULL;
    if (u->stopper)
        fiber_wake(u->stopper);
}

CURLcode http_upload_start(struct http *h)
{
    struct http_upload *u = &h->upload;

    if (u->complete)
        return CURLE_OK;
    return fiber_start(worker_current(), run_sender, h, &u->sender);
}

void http_upload_stop(struct http *h)
{
    struct http_upload *u = &h->upload;

    if (!u->sender)
        return;
    u->stopper = fiber_current();
    fiber_cancel(u->sender);
    while (u->sender)
        wait_wake_uncancellable();
}

CURLcode http_upload_finish(struct http *h)
{
    struct http_upload *u = &h->upload;
    CURLcode result = CURLE_OK;

    u->stopper = fiber_current();
    while (u->sender && !result)
        result = exchange_result(h->hop->exchange, wait_wake(h->hop->exchange->deadline));
    return result;
}
