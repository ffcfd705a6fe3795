/* SPDX-License-Identifier: MIT */
/* The data connection from where the server begins to use it. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "protocols/body.h"
#include "protocols/http.h"

#include <string.h>

enum { MOST_NAMES = 64 << 20 }; /* bytes of a list that is kept */

CURLcode ftp_open_data(struct ftp *f)
{
    CURLcode result = f->data ? CURLE_OK : ftp_accept(f);

    if (!result && f->memory->private_data)
        result = hop_secure(f->hop, f->data);
    return result;
}

void ftp_close_data(struct ftp *f)
{
    connection_free(f->data);
    f->data = NULL;
    listener_close(&f->listener);
}

/* ---- Bytes ---- */

/* An empty chunk at the end. An end of TLS without its good-bye is one too: the server's last reply
 * tells whether it had sent all. */
static WAITS CURLcode receive_some(struct ftp *f, struct chunk **ret)
{
    struct stream *s = f->data->stream;
    CURLcode result = http_receive(s, CHUNK_LARGE, CLOCK_NEVER, ret);

    if (result == CURLE_RECV_ERROR && s->cut) {
        *ret = NULL;
        return CURLE_OK;
    }
    if (result == CURLE_RECV_ERROR)
        return http_say_failed(f->hop, s, result, "Recv");
    return exchange_result(f->hop->exchange, result);
}

static CURLcode keep(struct buf *into, struct chunk *c)
{
    bool kept =
        into->len + chunk_len(c) <= MOST_NAMES && buf_append(into, chunk_at(c), chunk_len(c));

    chunk_drop(c);
    return kept ? CURLE_OK : buf_failed(into) ? CURLE_OUT_OF_MEMORY : CURLE_TOO_LARGE;
}

/* How much of it is wanted; -1: all. */
static curl_off_t limit_of(const struct ftp *f)
{
    return f->most >= 0 && (f->size < 0 || f->most < f->size) ? f->most : f->size;
}

/* What the server sends beyond that is not the program's. */
static void clip(struct chunk *c, curl_off_t left)
{
    if (left >= 0 && (curl_off_t)chunk_len(c) > left)
        c->end = c->start + (size_t)left;
}

/* Of this request: one that led here had its own. */
static void note_first_bytes(struct hop *hop)
{
    if (hop->facts->starttransfer_time == hop->earlier.starttransfer)
        hop->facts->starttransfer_time = hop_add_time(hop, hop->earlier.starttransfer, clock_now());
}

CURLcode ftp_receive(struct ftp *f, struct buf *into)
{
    curl_off_t left = limit_of(f);
    CURLcode result = CURLE_OK;

    while (!result && left) {
        struct chunk *c = NULL;
        curl_off_t len;

        result = receive_some(f, &c);
        if (result)
            return result;
        if (c)
            note_first_bytes(f->hop);
        if (!c || !chunk_len(c)) {
            chunk_drop(c);
            return CURLE_OK;
        }
        clip(c, left);
        len = (curl_off_t)chunk_len(c);
        f->received += len;
        result = into ? keep(into, c) : body_write(f->hop, c);
        if (left > 0)
            left -= len;
    }
    return result;
}
