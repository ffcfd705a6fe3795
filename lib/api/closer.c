/* SPDX-License-Identifier: MIT */
#include "api/closer.h"

#include "base/lock.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <unistd.h>

/* What the multi handle and all its socket closers share. */
struct closer {
    atomic_int references;
    struct mailbox *events; /* counted */
    struct lock lock;
    bool retired;                     /* any thread, under lock */
    struct event_close *first, **end; /* under the multi's lock */
};

struct program_closer {
    struct socket_closer base;
    atomic_int references;
    struct closer *home; /* counted */
    curl_closesocket_callback callback;
    void *argument;
};

static void closer_unref(struct closer *c)
{
    if (atomic_fetch_sub(&c->references, 1) > 1)
        return;
    mailbox_unref(c->events);
    lock_release(&c->lock);
    mem_free(c);
}

struct closer *closer_new(struct mailbox *events)
{
    struct closer *c = mem_calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->references = 1;
    c->events = mailbox_ref(events);
    c->end = &c->first;
    lock_init(&c->lock, LOCK_MAILBOX);
    return c;
}

/* Any thread: posts the socket to the multi handle; closes it here when that is gone or memory is
 * short. */
static void close_socket(struct socket_closer *base, curl_socket_t fd)
{
    struct program_closer *p = (struct program_closer *)base;
    struct event_close *e = mem_calloc(1, sizeof(*e));
    bool posted = false;

    if (e) {
        *e = (struct event_close){.event = {.kind = EVENT_CLOSE},
                                  .fd = fd,
                                  .callback = p->callback,
                                  .argument = p->argument};
        lock_take(&p->home->lock);
        posted = !p->home->retired;
        if (posted)
            mailbox_post(p->home->events, &e->event.post);
        lock_drop(&p->home->lock);
    }
    if (!posted) {
        mem_free(e);
        close(fd);
    }
}

static void ref_program_closer(struct socket_closer *base)
{
    atomic_fetch_add(&((struct program_closer *)base)->references, 1);
}

static void unref_program_closer(struct socket_closer *base)
{
    struct program_closer *p = (struct program_closer *)base;

    if (atomic_fetch_sub(&p->references, 1) > 1)
        return;
    closer_unref(p->home);
    mem_free(p);
}

struct socket_closer *closer_for(struct closer *home, curl_closesocket_callback callback,
                                 void *argument)
{
    struct program_closer *p = mem_calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->base = (struct socket_closer){close_socket, ref_program_closer, unref_program_closer};
    p->references = 1;
    p->home = home;
    atomic_fetch_add(&home->references, 1);
    p->callback = callback;
    p->argument = argument;
    return &p->base;
}

void closer_keep(struct closer *c, struct event_close *e)
{
    e->event.post.next = NULL;
    *c->end = e;
    c->end = (struct event_close **)(void *)&e->event.post.next;
}

bool closer_has_some(const struct closer *c)
{
    return c->first != NULL;
}

struct event_close *closer_take(struct closer *c)
{
    struct event_close *e = c->first;

    c->first = NULL;
    c->end = &c->first;
    return e;
}

void closer_run(struct event_close *e)
{
    struct event_close *next;

    for (; e; e = next) {
        next = (struct event_close *)(void *)e->event.post.next;
        e->callback(e->argument, e->fd);
        mem_free(e);
    }
}

void closer_retire(struct closer *c)
{
    struct post *p;

    if (!c)
        return;
    lock_take(&c->lock);
    c->retired = true;
    lock_drop(&c->lock);
    for (p = mailbox_drain(c->events); p;) {
        struct post *next = p->next;
        closer_keep(c, (struct event_close *)event_of_post(p));
        p = next;
    }
    closer_run(closer_take(c));
    closer_unref(c);
}
