/* SPDX-License-Identifier: MIT */
#include "boundary/ws.h"

#include "base/mem.h"

#include <string.h>

/* ---- To the program ---- */

static CURLcode send_part(struct exchange *x, const struct ws_piece *piece)
{
    CURLcode result = exchange_wait_for_room(x);
    struct event_body *e;

    if (result || x->silent)
        return result;
    e = mem_alloc(sizeof(*e) + piece->bytes.len);
    if (!e)
        return CURLE_OUT_OF_MEMORY;
    *e = (struct event_body){
        .event = {.kind = EVENT_BODY, .exchange = x},
        .len = piece->bytes.len,
        .ws = { piece->flags,     piece->offset,   piece->left},
    };
    if (e->len)
        memcpy(e->small, piece->bytes.at, e->len);
    x->sent += e->len + WS_EVENT_COST;
    exchange_send(x, &e->event);
    return CURLE_OK;
}

CURLcode send_ws_piece(struct exchange *x, const struct ws_piece *piece)
{
    struct ws_piece rest = *piece;
    CURLcode result;

    do {
        struct ws_piece part = rest;

        if (part.bytes.len > CHUNK_SMALL)
            part.bytes.len = CHUNK_SMALL;
        rest.bytes.at += part.bytes.len;
        rest.bytes.len -= part.bytes.len;
        rest.offset += (curl_off_t)part.bytes.len;
        part.left += (curl_off_t)rest.bytes.len;
        result = send_part(x, &part);
    } while (!result && rest.bytes.len);
    return result;
}

/* ---- From the program ---- */

struct parcel {
    struct worker_post post;
    struct exchange *exchange; /* counted */
    bool ends;
    size_t len;
    char bytes[];
};

static void parcel_arrived(struct worker_post *p, struct worker *w)
{
    struct parcel *parcel = CONTAINER_OF(p, struct parcel, post);
    struct exchange *x = parcel->exchange;

    (void)w;
    atomic_fetch_sub(&x->ws_posted, parcel->len + 1);
    if (x->ws)
        x->ws->take(x->ws, (struct str){parcel->bytes, parcel->len}, parcel->ends);
    exchange_unref(x);
    mem_free(parcel);
}

void ws_listen(struct exchange *x, struct ws_sink *sink)
{
    x->ws = sink;
    atomic_store(&x->ws_open, sink != NULL);
}

bool ws_has_posts(struct exchange *x)
{
    return atomic_load(&x->ws_posted) > 0;
}

void ws_note_backlog(struct exchange *x, size_t bytes)
{
    atomic_store(&x->ws_backlog, bytes);
}

CURLcode ws_post(struct exchange *x, struct str bytes, bool ends)
{
    struct parcel *parcel;

    if (!atomic_load(&x->ws_open) || atomic_load(&x->ended))
        return CURLE_SEND_ERROR;
    if (atomic_load(&x->ws_posted) + atomic_load(&x->ws_backlog) >= WS_BACKLOG)
        return CURLE_AGAIN;
    parcel = mem_alloc(sizeof(*parcel) + bytes.len);
    if (!parcel)
        return CURLE_OUT_OF_MEMORY;
    *parcel = (struct parcel){
        .post.deliver = parcel_arrived,
        .exchange = exchange_ref(x),
        .ends = ends,
        .len = bytes.len,
    };
    if (bytes.len)
        memcpy(parcel->bytes, bytes.at, bytes.len);
    atomic_fetch_add(&x->ws_posted, bytes.len + 1);
    worker_post(x->worker, &parcel->post);
    return CURLE_OK;
}
