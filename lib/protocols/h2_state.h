/* SPDX-License-Identifier: MIT */
/* The insides of a session and of its streams, for the files of HTTP/2. */
#ifndef PROTOCOLS_H2_STATE_H
#define PROTOCOLS_H2_STATE_H

#include "base/buf.h"
#include "base/list.h"
#include "protocols/h2.h"
#include "wire/h2_head.h"

#include <nghttp2/nghttp2.h>

enum {
    H2_STREAM_WINDOW = 1 << 20,      /* bytes that a stream may have on its way to its user */
    H2_CONNECTION_WINDOW = 64 << 20, /* of all streams together */
    H2_HEAD_MAX = 300 * 1024,        /* bytes of the heads of one stream */
    H2_HEAD_USUAL = 500,             /* what most have room in */
    H2_FIELDS_USUAL = 16,            /* of a request */
    H2_WRITE_BYTES = 32 * 1024,      /* collected into one write */
    H2_READS_A_TURN = 8,             /* buffers of CHUNK_LARGE, before others have theirs */
    H2_WRITES_A_TURN = 32,
    H2_READS_AT_REST = 64, /* what may come on a connection that nobody uses, at once */
    H2_CALM_MOST = 5000,   /* frames in a row that bring nothing, */
    H2_CALM_A_SECOND = 50, /* and so many more a second */
    H2_STREAMS_BEFORE_SETTINGS = 100,
};

/* With a peer whose frames bring nothing. */
struct h2_patience {
    int left;      /* how many more it bears, as of: */
    int64_t since; /* us */
};

struct h2 {
    struct connection *connection;
    nghttp2_session *session;
    struct list streams;       /* of struct h2_stream */
    struct worker_chore chore; /* writes, and reads on if there is `more` */
    struct buf out;            /* frames, of which so much is sent */
    size_t out_sent;
    bool more;           /* a turn's reading has ended before the bytes */
    bool asleep;         /* no stream, no worker: the pool has it */
    bool closing;        /* no new streams */
    bool broken;         /* neither reads nor writes any more */
    bool ended;          /* and all have heard of it */
    int32_t last_stream; /* of the peer's GOAWAY; -1: none came */
    bool wants_http1;    /* it said HTTP_1_1_REQUIRED */
    unsigned most;       /* the program's limit of streams */
    bool pushes;         /* the peer may */
    struct h2_patience patience;
    char reason[128]; /* why it is broken */
    char said[128];   /* what nghttp2 said of the last error */
    CURLcode code;
};

struct h2_stream {
    struct h2 *h2; /* NULL: the session is gone */
    struct list_link link;
    int32_t id;

    /* Heads, in order. */
    struct buf lines;   /* those that are complete, and the one that is coming in */
    unsigned heads;     /* complete and not taken */
    struct buf taken;   /* what the user has */
    size_t head_bytes;  /* of all */
    bool informational; /* the one that is coming in */
    bool head_is_final; /* the response's own head has come: what follows is trailers */
    struct buf trailers;

    /* The body. */
    struct chunk *first, *last;

    /* Sending. */
    const char *out;
    size_t out_len;
    bool out_end; /* the last bytes are in `out`, or were */
    bool deferred;

    struct fiber *reader, *sender; /* who waits */

    /* What is pushed: for the owner of the stream that it comes with. */
    h2_push_function *on_push; /* NULL: nobody wants it */
    void *push_owner;
    struct buf scheme, authority; /* of the request, if pushes may come */
    struct buf promise;           /* of a stream that is pushed: its request's fields */
    size_t promised;              /* so many */
    bool unclaimed;               /* it is not offered yet: nobody's */

    bool ended;  /* the peer's side is over in order */
    bool closed; /* the stream is over */
    uint32_t error;
    const char *refusal; /* of ours: why it was reset */
};

/* ---- h2_io.c ---- */

/* The session is broken from now on; the first reason stays. */
void h2_fail(struct h2 *, CURLcode code, const char *reason);

/* If it is: whoever has a stream hears of it. Not inside a callback of nghttp2's. */
void h2_end_if_broken(struct h2 *);

/* Takes in what has come, so many buffers of it; true when that was not all. */
bool h2_receive(struct h2 *, int buffers);

/* The bytes that were received before the session began. */
void h2_feed_unread(struct h2 *);

/* Something is to be sent: at the end of the worker's pass. */
void h2_kick(struct h2 *);

/* Writes as far as that goes at once, and for one turn. */
void h2_flush(struct h2 *);
bool h2_has_unsent(const struct h2 *);

/* From now on it is in use on this worker, which tells of what comes. */
void h2_listen(struct h2 *);

/* ---- h2_session.c ---- */

extern const nghttp2_mem h2_memory; /* the program's, if it has given functions */

/* ---- h2_frames.c ---- */

void h2_patience_init(struct h2_patience *);

/* A frame has come. False for the one that is too much; afterwards it is true again. */
bool h2_patience_bears(struct h2_patience *, const nghttp2_frame *);

/* How many streams the connection may carry now. */
unsigned h2_most_streams(struct h2 *);

/* Callbacks of nghttp2 for the connection. */
void h2_set_frame_callbacks(nghttp2_session_callbacks *);

/* ---- Streams ---- */

/* The fields of a request for nghttp2, which copies them: as many as the head has. */
void h2_fields_of(const struct h2_head *, nghttp2_nv *fields);

/* Of the stream: wakes who waits on it. */
void h2_stream_wake(struct h2_stream *);

/* The stream of an id; NULL when its user is gone. */
struct h2_stream *h2_find(struct h2 *, int32_t id);

/* A stream of the session, in its list; NULL when memory is short. */
struct h2_stream *h2_stream_new(struct h2 *, int32_t id);

/* The peer has said that it does not look at the stream (GOAWAY). */
bool h2_stream_is_unseen(const struct h2_stream *);

/* PUSH_PROMISE: the head begins, a field, the head is complete (h2_push.c). Nothing fails: what
 * cannot be taken is reset. */
void h2_promise_begin(struct h2 *, const nghttp2_push_promise *);
void h2_promise_field(struct h2 *, const nghttp2_push_promise *, struct str name, struct str value);
void h2_promise_end(struct h2 *, const nghttp2_push_promise *);

/* A frame has come that may be a stream's. */
void h2_stream_frame_received(struct h2 *, const nghttp2_frame *);

/* Callbacks of nghttp2 for streams (h2_stream.c). */
void h2_set_stream_callbacks(nghttp2_session_callbacks *);

#endif
