/* SPDX-License-Identifier: MIT */
/* Frames on an open WebSocket, in the model of callbacks. The transfer's fiber reads; what goes out
 * is collected in one buffer, which a fiber of its own sends as long as there is any (the pump). It
 * comes from three: pongs, the program's own frames (curl_ws_send), and the read callback, which a
 * third fiber asks (the uploader). A frame is not interrupted by another: while one is being
 * collected piece by piece, what comes from elsewhere waits. */
#include "protocols/ws.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/test_hooks.h"
#include "boundary/ws.h"
#include "net/stream.h"
#include "protocols/body.h"
#include "protocols/source.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

#include <string.h>

enum { OUT_ENOUGH = 65536 }; /* bytes: the uploader waits, and pongs */

/* How long a peer that says nothing more may take to read. */
static const int64_t LAST_WORDS = 1000 * CLOCK_MS;

/* Whose frame is not complete. */
enum writer { NOBODY, UPLOADER, PROGRAM };

struct talk {
    struct ws_sink sink;
    struct http *http;
    bool any;    /* the peer sent something */
    bool closed; /* it sent a CLOSE frame */
    struct ws_decoder in;
    struct buf ping; /* the payload of a ping that is being read */

    enum writer writer;
    struct ws_encoder upload;
    struct buf out;     /* goes to the peer */
    struct buf waiting; /* of the program's, behind a frame of the uploader's */
    bool waiting_ends;  /* with a frame */
    struct buf pong;    /* a frame: the answer to the last ping */
    bool failed;        /* the peer takes nothing more */

    struct fiber *pump, *uploader; /* NULL when they do not run */
    bool uploader_waits;           /* for room, or its turn */
    struct fiber *stopper;         /* who waits for their end */
    struct fiber *finisher;        /* who waits for the last frames of the program */
};

static const struct settings *settings_of(const struct talk *t)
{
    return t->http->hop->settings;
}

static bool is_raw(const struct talk *t)
{
    return settings_of(t)->ws_options & CURLWS_RAW_MODE;
}

void ws_new_mask(unsigned char mask[WS_MASK_LEN])
{
    rand_bytes(mask, WS_MASK_LEN);
    if (test_hook("CURL_WS_FORCE_ZERO_MASK"))
        memset(mask, 0, WS_MASK_LEN);
}

/* ---- Sending ---- */

static void wake_uploader(struct talk *t)
{
    if (t->uploader_waits)
        fiber_wake(t->uploader);
    t->uploader_waits = false;
}

static void note_backlog(struct talk *t)
{
    ws_note_backlog(t->http->hop->exchange, t->out.len + t->waiting.len);
}

/* What waited for the end of a frame, or for room, goes on. Only the last pong waits, so that a
 * peer that pings and does not read is not remembered for that. */
static void settle(struct talk *t)
{
    if (t->writer == UPLOADER)
        return;
    if (t->waiting.len) {
        buf_append(&t->out, t->waiting.bytes, t->waiting.len);
        buf_release(&t->waiting);
        t->writer = t->waiting_ends ? NOBODY : PROGRAM;
    }
    if (t->writer != NOBODY)
        return;
    if (t->pong.len && t->out.len < OUT_ENOUGH) {
        buf_append(&t->out, t->pong.bytes, t->pong.len);
        buf_release(&t->pong);
    }
    wake_uploader(t);
}

static void run_pump(void *argument)
{
    struct talk *t = argument;
    struct hop *hop = t->http->hop;

    while (t->out.len && !t->failed) {
        struct buf now = t->out;

        t->out = (struct buf){0};
        t->failed =
            stream_send_all(hop->connection->stream, now.bytes, now.len, CLOCK_NEVER) != CURLE_OK;
        if (!t->failed)
            send_log(hop->exchange, CURLINFO_DATA_OUT, now.bytes, now.len);
        buf_release(&now);
        settle(t);
        if (buf_failed(&t->out))
            exchange_abort(hop->exchange, CURLE_OUT_OF_MEMORY);
        note_backlog(t);
        wake_uploader(t);
    }
    t->pump = NULL;
    if (t->finisher)
        fiber_wake(t->finisher);
    if (t->stopper)
        fiber_wake(t->stopper);
}

/* A failure to send is found by the reader: the connection is at its end. */
static void start_pump(struct talk *t)
{
    bool due, done = true;

    if (t->failed)
        buf_clear(&t->out);
    due = !t->pump && t->out.len && !t->stopper;
    if (due)
        done = !fiber_start(worker_current(), run_pump, t, &t->pump);
    if (buf_failed(&t->out) || !done)
        exchange_abort(t->http->hop->exchange, CURLE_OUT_OF_MEMORY);
    note_backlog(t);
}

static void take(struct ws_sink *sink, struct str bytes, bool ends)
{
    struct talk *t = CONTAINER_OF(sink, struct talk, sink);

    if (t->writer == UPLOADER) {
        if (!buf_append(&t->waiting, bytes.at, bytes.len))
            exchange_abort(t->http->hop->exchange, CURLE_OUT_OF_MEMORY);
        t->waiting_ends = ends;
    } else {
        buf_append(&t->out, bytes.at, bytes.len);
        t->writer = ends ? NOBODY : PROGRAM;
        if (ends)
            settle(t);
    }
    start_pump(t);
    if (t->finisher)
        fiber_wake(t->finisher);
}

/* Only the last of several pings needs an answer (RFC 6455 5.5.3): one that waits is replaced. */
static CURLcode answer_ping(struct talk *t)
{
    struct str payload = {buf_text(&t->ping), t->ping.len};
    unsigned char mask[WS_MASK_LEN];
    bool done;

    ws_new_mask(mask);
    buf_clear(&t->pong);
    done = ws_encode_pong(payload, mask, &t->pong);
    buf_clear(&t->ping);
    if (!done)
        return CURLE_OUT_OF_MEMORY;
    settle(t);
    start_pump(t);
    return CURLE_OK;
}

/* ---- The read callback's frames ---- */

static WAITS CURLcode wait_for_turn(struct talk *t)
{
    CURLcode result = CURLE_OK;

    while (!result && (t->writer == PROGRAM || t->out.len > OUT_ENOUGH)) {
        t->uploader_waits = true;
        result = wait_wake(CLOCK_NEVER);
    }
    t->uploader_waits = false;
    return result;
}

static CURLcode say_upload_failed(struct talk *t, const char *reason)
{
    const struct net_hooks *hooks = t->http->hop->hooks;

    return hooks->fail(hooks->owner, CURLE_READ_ERROR, "WebSocket upload: %s", reason);
}

/* A piece that begins a frame: as the program said (curl_ws_start_frame), or one of its own. */
static CURLcode begin_frame(struct talk *t, const struct ask *a)
{
    unsigned flags = a->ws_started ? a->ws_flags : CURLWS_BINARY;
    curl_off_t size = a->ws_started ? a->ws_size : (curl_off_t)chunk_len(a->chunk);
    unsigned char mask[WS_MASK_LEN];
    const char *reason;
    CURLcode result;

    ws_new_mask(mask);
    result = ws_encode_head(&t->upload, flags, size, mask, &t->out, &reason);
    return result && result != CURLE_OUT_OF_MEMORY ? say_upload_failed(t, reason) : result;
}

static CURLcode add_piece(struct talk *t, struct ask *a)
{
    struct str bytes = {chunk_at(a->chunk), chunk_len(a->chunk)};
    CURLcode result = CURLE_OK;

    if (is_raw(t))
        return buf_append(&t->out, bytes.at, bytes.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (a->ws_started || !t->upload.left)
        result = begin_frame(t, a);
    if (result)
        return result;
    if ((curl_off_t)bytes.len > t->upload.left)
        return say_upload_failed(t, "more than the frame has room for");
    if (!ws_encode_payload(&t->upload, bytes, &t->out))
        return CURLE_OUT_OF_MEMORY;
    t->writer = t->upload.left ? UPLOADER : NOBODY;
    if (t->writer == NOBODY)
        settle(t);
    return CURLE_OK;
}

/* The next piece of the read callback's, in its ask. */
static WAITS CURLcode ask_piece(struct talk *t, struct ask **ret)
{
    struct ask *a = source_ask(t->http->hop, 0, 0);
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    a->ws_frames = !is_raw(t);
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    *ret = result ? NULL : a;
    return result;
}

static WAITS CURLcode upload(struct talk *t)
{
    bool more = true;
    CURLcode result = CURLE_OK;

    while (!result && more && !t->failed) {
        struct ask *a = NULL;

        result = wait_for_turn(t);
        if (!result)
            result = ask_piece(t, &a);
        if (!result && t->writer == PROGRAM)
            result = wait_for_turn(t);
        more = !result && (a->ws_started || chunk_len(a->chunk));
        if (more)
            result = add_piece(t, a);
        start_pump(t);
        if (more && !result)
            result = body_sent(t->http->hop, chunk_len(a->chunk));
        ask_free(a);
    }
    if (!result && t->upload.left)
        return say_upload_failed(t, "ended within a frame");
    return result;
}

static void run_uploader(void *argument)
{
    struct talk *t = argument;
    CURLcode result = upload(t);

    if (result && !t->stopper)
        exchange_abort(t->http->hop->exchange, result);
    t->uploader = NULL;
    if (t->stopper)
        fiber_wake(t->stopper);
}

/* ---- Receiving ---- */

static bool answers_pings(const struct talk *t)
{
    return !(settings_of(t)->ws_options & CURLWS_NOAUTOPONG);
}

static WAITS CURLcode take_piece(struct talk *t, const struct ws_piece *piece)
{
    CURLcode result;

    if (piece->flags & CURLWS_PING && answers_pings(t)) {
        if (!buf_append(&t->ping, piece->bytes.at, piece->bytes.len))
            return CURLE_OUT_OF_MEMORY;
        return piece->left ? CURLE_OK : answer_ping(t);
    }
    t->closed = t->closed || (piece->flags & CURLWS_CLOSE && !piece->left);
    result = send_ws_piece(t->http->hop->exchange, piece);
    return result ? result : body_received(t->http->hop, piece->bytes.len);
}

/* What is received: frames, or in raw mode just bytes. */
static WAITS CURLcode take_received(struct talk *t)
{
    struct http *h = t->http;
    struct chunk *c = h->hop->connection->unread;
    const char *reason = NULL;
    struct ws_piece piece;
    size_t used;
    bool found;
    CURLcode result;

    if (is_raw(t)) {
        h->hop->connection->unread = NULL;
        return body_write(h->hop, c);
    }
    result = ws_decode(&t->in, (struct str){chunk_at(c), chunk_len(c)}, SIZE_MAX, &used, &found,
                       &piece, &reason);
    if (result)
        return h->hop->hooks->fail(h->hop->hooks->owner, result, "WebSocket: %s", reason);
    send_log(h->hop->exchange, CURLINFO_DATA_IN, chunk_at(c), used);
    if (found)
        result = take_piece(t, &piece);
    http_used(h, used);
    return result;
}

static CURLcode ended(struct talk *t)
{
    const struct net_hooks *hooks = t->http->hop->hooks;
    const struct stream *s = t->http->hop->connection->stream;

    if (!t->any)
        return hooks->fail(hooks->owner, CURLE_GOT_NOTHING, "Empty reply from server");
    if (t->closed || is_raw(t))
        return CURLE_OK;
    if (t->in.in_frame || t->in.head_len)
        return hooks->fail(hooks->owner, CURLE_PARTIAL_FILE,
                           "WebSocket connection closed within a frame");
    return s->cut ? hooks->fail(hooks->owner, CURLE_RECV_ERROR, "%s", s->reason) : CURLE_OK;
}

static WAITS CURLcode receive(struct talk *t)
{
    CURLcode result = CURLE_OK;

    while (!result) {
        bool end;

        result = http_fill(t->http, CLOCK_NEVER, &end);
        if (result == CURLE_RECV_ERROR && t->closed)
            return CURLE_OK; /* reset by a peer that did not wait for our answer */
        if (!result && end)
            return ended(t);
        t->any = true;
        if (!result)
            result = take_received(t);
    }
    return result;
}

/* ---- The whole ---- */

/* The peer has ended the connection. What the program answers to the last frames, which it may not
 * have seen yet, is sent, if the peer takes it. */
static WAITS CURLcode finish(struct talk *t)
{
    struct exchange *x = t->http->hop->exchange;
    CURLcode result = exchange_wait_delivered(x);
    int64_t until = clock_after(clock_now(), LAST_WORDS);

    t->finisher = fiber_current();
    while (!result && (ws_has_posts(x) || t->pump))
        result = wait_wake(until);
    t->finisher = NULL;
    return result == CURLE_OPERATION_TIMEDOUT && clock_now() >= until ? CURLE_OK : result;
}

static WAITS void stop(struct talk *t, struct fiber **fiber)
{
    t->stopper = fiber_current();
    if (*fiber)
        fiber_cancel(*fiber);
    while (*fiber)
        wait_wake_uncancellable();
}

static void talk_release(struct talk *t)
{
    buf_release(&t->ping);
    buf_release(&t->out);
    buf_release(&t->waiting);
    buf_release(&t->pong);
}

CURLcode ws_converse(struct http *h)
{
    struct talk t = {.sink.take = take, .http = h};
    struct exchange *x = h->hop->exchange;
    CURLcode result = CURLE_OK;

    if (h->hop->settings->connect_only) {
        h->hop->hands_over = true;
        return CURLE_OK;
    }
    ws_listen(x, &t.sink);
    if (h->hop->settings->method == METHOD_PUT)
        result = fiber_start(worker_current(), run_uploader, &t, &t.uploader);
    if (!result)
        result = receive(&t);
    if (!result)
        result = finish(&t);
    ws_listen(x, NULL);
    stop(&t, &t.uploader);
    stop(&t, &t.pump);
    talk_release(&t);
    return result;
}
