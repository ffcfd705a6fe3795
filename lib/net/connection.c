/* SPDX-License-Identifier: MIT */
#include "net/connection.h"

#include "base/chunk.h"
#include "base/mem.h"
#include "net/socket.h"
#include "net/tls.h"
#include "runtime/workers.h"

#include <string.h>

struct connection *connection_new(curl_socket_t fd, struct socket_closer *closer)
{
    struct connection *c = mem_calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->fd = fd;
    c->id = -1;
    c->generation = workers_generation();
    c->closer = closer;
    if (closer)
        closer->ref(closer);
    return c;
}

void connection_auth_release(struct connection_auth *a)
{
    if (a->release)
        a->release(a->state);
    *a = (struct connection_auth){0};
}

void connection_used(struct connection *c, size_t len)
{
    c->unread->start += len;
    if (!chunk_len(c->unread)) {
        chunk_drop(c->unread);
        c->unread = NULL;
    }
}

/* A connection of the process that forked this one: the parent goes on with it. What TLS keeps may
 * be locked for ever by a thread that is not here, so it is left alone. */
static void abandon(struct connection *c)
{
    if (c->stream && !c->stream->below)
        stream_free(c->stream);
    socket_watch_drop(c->watch);
    socket_close(c->fd);
}

static void say_farewell(struct connection *c)
{
    size_t sent;

    if (c->stream && c->memory.part)
        c->memory.part(c->memory.state);
    if (c->stream && c->memory.farewell)
        (void)stream_try_send(c->stream, c->memory.farewell, strlen(c->memory.farewell), &sent);
}

static void close_here(struct connection *c)
{
    /* The worker that had the connection last may be told of its socket right now; the good-bye
     * goes past it. */
    struct watch nobodys = {.fd = c->fd};

    stream_use_watch(c->stream, &nobodys);
    socket_watch_drop(c->watch);
    say_farewell(c);
    if (c->multiplex)
        c->multiplex->shut(c);
    if (c->stream)
        c->stream->kind->shut(c->stream);
    stream_free(c->stream);
    if (c->closer)
        c->closer->close(c->closer, c->fd);
    else
        socket_close(c->fd);
}

void connection_free(struct connection *c)
{
    if (!c)
        return;
    if (c->generation == workers_generation())
        close_here(c);
    else
        abandon(c);
    if (c->multiplex)
        c->multiplex->free(c);
    if (c->closer)
        c->closer->unref(c->closer);
    certinfo_free(c->certinfo);
    connection_auth_release(&c->auth[0]);
    connection_auth_release(&c->auth[1]);
    buf_release(&c->owner);
    if (c->memory.release)
        c->memory.release(c->memory.state);
    chunk_drop(c->unread);
    mem_free(c->name);
    mem_free(c);
}
