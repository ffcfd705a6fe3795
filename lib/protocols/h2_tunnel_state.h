/* SPDX-License-Identifier: MIT */
/* The insides of a tunnel through an HTTP/2 proxy: h2_tunnel.c begins it, h2_tunnel_frames.c reads
 * and writes its frames, h2_tunnel_stream.c is what the layers above see. */
#ifndef PROTOCOLS_H2_TUNNEL_STATE_H
#define PROTOCOLS_H2_TUNNEL_STATE_H

#include "base/buf.h"
#include "protocols/h2_state.h"
#include "protocols/h2_tunnel.h"

struct h2_tunnel {
    struct stream stream;
    nghttp2_session *session;
    int32_t id; /* of the request; 0: none yet */
    struct h2_patience patience;
    struct buf frames; /* to be sent, of which so much is */
    size_t frames_sent;

    /* The answer. */
    struct buf lines;
    bool informational; /* the head that is coming in */
    bool head_complete; /* the last one */

    /* Received: what the caller of try_recv has no room for waits in `data`. */
    char *room;
    size_t room_len, received;
    struct buf data;
    size_t data_taken;
    bool ended;  /* the peer's side, in order */
    bool closed; /* the request's stream is over */

    /* Sent. */
    const char *source;
    size_t source_len, taken;
    bool deferred;    /* nghttp2 waits for more to send */
    bool window_shut; /* somebody waits for it to open */
    int updates;      /* of the window, since bytes moved */

    bool going_away;     /* the proxy takes no more requests, */
    int32_t last_stream; /* and those up to this one */
    bool broken;
    CURLcode code; /* why */
};

static inline struct h2_tunnel *tunnel_of(const struct stream *s)
{
    return CONTAINER_OF((struct stream *)(uintptr_t)s, struct h2_tunnel, stream);
}

static inline bool h2_tunnel_is_over(const struct h2_tunnel *t)
{
    return t->broken || t->closed || t->ended;
}

static inline bool h2_tunnel_has_unsent(const struct h2_tunnel *t)
{
    return t->frames_sent < t->frames.len;
}

/* ---- h2_tunnel_frames.c ---- */

void h2_tunnel_set_callbacks(nghttp2_session_callbacks *);

/* The tunnel is broken from now on; the first reason, a literal, stays. */
void h2_tunnel_break(struct h2_tunnel *, CURLcode code, const char *reason);

/* Reads once; false when nothing is there. */
bool h2_tunnel_pump_in(struct h2_tunnel *);

/* Writes the frames that are to go, as far as that goes at once. */
void h2_tunnel_pump_out(struct h2_tunnel *);

/* nghttp2 takes what is offered for DATA frames. */
ssize_t h2_tunnel_read_source(nghttp2_session *, int32_t id, uint8_t *room, size_t size,
                              uint32_t *flags, nghttp2_data_source *, void *user);

/* ---- h2_tunnel_stream.c ---- */

extern const struct stream_kind h2_tunnel_kind;

void h2_tunnel_release(struct h2_tunnel *);

#endif
