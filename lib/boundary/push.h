/* SPDX-License-Identifier: MIT */
/* A stream that a server has opened with an answer to a request that nobody made (RFC 9113 8.4): it
 * goes to the application's side, as an event of the transfer that it came with, where the push
 * callback looks at the request. If it is wanted it comes back with the request of the transfer
 * that takes it; in whatever other way it ends, its worker resets the stream. It keeps a place on
 * its connection, so that the connection stays in use and on its worker. */
#ifndef BOUNDARY_PUSH_H
#define BOUNDARY_PUSH_H

#include "base/buf.h"
#include "base/str.h"
#include "boundary/event.h"
#include "net/connection.h"

struct push {
    struct event event;
    struct worker_post back;

    /* Fixed once it is sent. */
    struct worker *worker; /* counted: the stream's */
    struct buf fields;     /* of the request: "name:value" each, with a NUL behind */
    size_t count;

    /* The worker's. */
    struct pool *pool;             /* counted */
    struct connection *connection; /* NULL: a transfer has it */
    void *stream;                  /* the protocol's; NULL: a transfer has it */
    void (*free_stream)(void *stream);
};

/* A push on a connection that is in use on the current worker; takes the fields. NULL when memory
 * is short: then the stream and the fields are the caller's still. */
struct push *push_new(struct connection *, void *stream, void (*free_stream)(void *),
                      struct buf *fields, size_t count);

/* Ends it: has its worker reset the stream and return the connection, if no transfer has them.
 * Takes NULL. Any thread. */
void push_end(struct push *);

/* For the transfer that takes it, on its worker: they are the caller's, who returns the connection
 * after the stream has ended. */
struct connection *push_take_connection(struct push *);
void *push_take_stream(struct push *);

/* Resets the stream if it was not taken. Its worker. */
void push_drop_stream(struct push *);

/* The field's "name:value"; NULL behind the last one. */
const char *push_field(const struct push *, size_t index);

/* The value of the first field of this name; NULL for none. */
const char *push_value(const struct push *, const char *name);

#endif
