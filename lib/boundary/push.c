/* SPDX-License-Identifier: MIT */
#include "boundary/push.h"

#include "base/mem.h"
#include "net/pool.h"

#include <string.h>

struct push *push_new(struct connection *c, void *stream, void (*free_stream)(void *),
                      struct buf *fields, size_t count)
{
    struct push *p = mem_calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->event.kind = EVENT_PUSH;
    p->worker = worker_current();
    worker_ref(p->worker);
    p->pool = pool_ref(c->pool);
    p->connection = c;
    p->stream = stream;
    p->free_stream = free_stream;
    p->fields = *fields;
    p->count = count;
    *fields = (struct buf){0};
    pool_join(c);
    return p;
}

static void push_free(struct push *p)
{
    pool_unref(p->pool);
    worker_unref(p->worker);
    buf_release(&p->fields);
    mem_free(p);
}

void push_drop_stream(struct push *p)
{
    if (p->stream)
        p->free_stream(p->stream);
    p->stream = NULL;
}

static void end_here(struct push *p)
{
    push_drop_stream(p);
    if (p->connection)
        pool_return(p->connection, true);
    push_free(p);
}

static void arrive(struct worker_post *post, struct worker *w)
{
    (void)w;
    end_here(CONTAINER_OF(post, struct push, back));
}

void push_end(struct push *p)
{
    if (!p)
        return;
    /* In a child of fork the stream and its connection are the parent's. */
    if ((!p->stream && !p->connection) || !worker_is_ours(p->worker)) {
        push_free(p);
        return;
    }
    p->back.deliver = arrive;
    worker_post(p->worker, &p->back);
}

struct connection *push_take_connection(struct push *p)
{
    struct connection *c = p->connection;

    p->connection = NULL;
    return c;
}

void *push_take_stream(struct push *p)
{
    void *stream = p->stream;

    p->stream = NULL;
    return stream;
}

const char *push_field(const struct push *p, size_t index)
{
    const char *at = p->fields.bytes;

    if (index >= p->count)
        return NULL;
    while (index--)
        at += strlen(at) + 1;
    return at;
}

const char *push_value(const struct push *p, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < p->count; i++) {
        const char *field = push_field(p, i);

        if (!strncmp(field, name, len) && field[len] == ':')
            return field + len + 1;
    }
    return NULL;
}
