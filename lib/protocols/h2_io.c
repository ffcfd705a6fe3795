/* SPDX-License-Identifier: MIT */
/* What an HTTP/2 session reads and writes, and its end. nghttp2 knows the frames; it is fed with
 * what has come and asked for what is to go, and calls back in between (h2_frames.c, h2_stream.c).
 *
 * The session has no fiber of its own: the connection's watch calls it when something has come, and
 * a chore of the worker's writes, once a pass, what all streams have to say. So between two calls
 * nothing of it is on any stack or in any worker's hands, and it can go to sleep with its last
 * stream: idle connections move between workers, and the pool has what comes meanwhile taken in
 * (tend).
 *
 * It ends when the peer closes or either side breaks the rules: it wakes who waits on a stream, and
 * the connection goes when the last of them has returned it. */
#include "protocols/h2_state.h"

#include "net/pool.h"
#include "net/stream.h"

#include <stdio.h>

/* ---- Ends ---- */

void h2_fail(struct h2 *h, CURLcode code, const char *reason)
{
    if (h->broken)
        return;
    h->broken = h->closing = true;
    h->code = code;
    snprintf(h->reason, sizeof(h->reason), "%s", reason);
}

void h2_kick(struct h2 *h)
{
    if (!h->asleep && !h->ended)
        worker_ask(&h->chore);
}

/* nghttp2 wants nothing any more, after its GOAWAY for an error of the peer's, or the last stream
 * after the peer's GOAWAY. */
static void fail_if_over(struct h2 *h)
{
    if (!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session))
        h2_fail(h, CURLE_HTTP2, h->said[0] ? h->said : "The HTTP/2 session has ended");
}

/* It neither reads nor writes any more: whoever has a stream hears of it. */
void h2_end_if_broken(struct h2 *h)
{
    if (!h->broken || h->ended)
        return;
    h->ended = true;
    worker_chore_drop(&h->chore);
    if (!h->asleep)
        h->connection->watch->watch.on_event = NULL;
    list_for_each (link, &h->streams)
        h2_stream_wake(CONTAINER_OF(link, struct h2_stream, link));
    pool_set_streams(h->connection, 0);
}

/* ---- Writing ---- */

/* Collects frames; false when there are none. */
static bool collect(struct h2 *h)
{
    struct buf *out = &h->out;

    buf_clear(out);
    h->out_sent = 0;
    while (out->len < H2_WRITE_BYTES) {
        const uint8_t *frame;
        ssize_t len = nghttp2_session_mem_send(h->session, &frame);

        if (len < 0)
            h2_fail(h, len == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_HTTP2,
                    nghttp2_strerror((int)len));
        if (len <= 0)
            break;
        if (!buf_append(out, frame, (size_t)len)) {
            h2_fail(h, CURLE_OUT_OF_MEMORY, "Out of memory for HTTP/2 frames");
            break;
        }
    }
    return out->len && !h->broken;
}

bool h2_has_unsent(const struct h2 *h)
{
    return h->out_sent < h->out.len;
}

/* Writes as far as that goes at once, and for one turn. */
void h2_flush(struct h2 *h)
{
    struct stream *s = h->connection->stream;

    for (int writes = 0; !h->broken && (h2_has_unsent(h) || collect(h)); writes++) {
        size_t sent = 0;
        CURLcode result;

        if (writes == H2_WRITES_A_TURN) {
            h2_kick(h);
            return;
        }
        result = stream_try_send(s, h->out.bytes + h->out_sent, h->out.len - h->out_sent, &sent);
        if (result == CURLE_AGAIN)
            return;
        if (result)
            h2_fail(h, result, "Failed sending HTTP/2 data");
        h->out_sent += sent;
    }
    fail_if_over(h);
}

/* ---- Reading ---- */

static void feed(struct h2 *h, const struct chunk *c)
{
    ssize_t used =
        nghttp2_session_mem_recv(h->session, (const uint8_t *)c->bytes + c->start, chunk_len(c));

    if (used < 0)
        h2_fail(h, used == NGHTTP2_ERR_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_HTTP2,
                nghttp2_strerror((int)used));
    fail_if_over(h);
}

/* Reads once into the chunk; false when nothing is there, or nothing more will come. */
static bool read_once(struct h2 *h, struct chunk *c)
{
    struct stream *s = h->connection->stream;
    CURLcode result;

    c->start = c->end = 0;
    result = stream_try_recv(s, c->bytes, c->size, &c->end);
    if (result == CURLE_AGAIN)
        return false;
    if (!result && chunk_len(c))
        feed(h, c);
    else if (!result)
        h2_fail(h, CURLE_RECV_ERROR, "The peer closed the HTTP/2 connection");
    else
        h2_fail(h, result, s->reason ? s->reason : "Failed receiving HTTP/2 data");
    return !h->broken;
}

/* False when a look would be in vain. */
static bool may_have_come(const struct stream *s)
{
    return !s->watch->worker || (s->watch->ready & WAIT_READ) || s->kind->has_pending(s);
}

/* Takes in what has come, a few buffers of it; true when that was not all. */
bool h2_receive(struct h2 *h, int buffers)
{
    struct chunk *c;

    if (h->broken || !may_have_come(h->connection->stream))
        return false;
    c = chunk_take(CHUNK_LARGE);
    if (!c) {
        h2_fail(h, CURLE_OUT_OF_MEMORY, "Out of memory for received HTTP/2 data");
        return false;
    }
    while (buffers > 0 && may_have_come(h->connection->stream) && read_once(h, c))
        buffers--;
    chunk_drop(c);
    return !buffers;
}

/* Bytes that were received before the session began. */
void h2_feed_unread(struct h2 *h)
{
    struct chunk *c = h->connection->unread;

    h->connection->unread = NULL;
    if (c)
        feed(h, c);
    chunk_drop(c);
}

/* ---- In use: on the worker's own stack ---- */

static void read_some(struct h2 *h)
{
    h->more = h2_receive(h, H2_READS_A_TURN);
    h2_kick(h);
    h2_end_if_broken(h);
}

static void on_event(struct watch *watch, void *argument)
{
    (void)watch;
    read_some(argument);
}

static void run_chore(struct worker_chore *chore)
{
    struct h2 *h = CONTAINER_OF(chore, struct h2, chore);

    if (h->more)
        read_some(h);
    h2_flush(h);
    h2_end_if_broken(h);
}

/* From now on its worker tells of what comes. */
void h2_listen(struct h2 *h)
{
    struct watch *w = &h->connection->watch->watch;

    h->asleep = false;
    h->chore.run = run_chore;
    w->argument = h;
    w->on_event = on_event;
    read_some(h);
}
