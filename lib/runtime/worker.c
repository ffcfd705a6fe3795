/* SPDX-License-Identifier: MIT */
/* A worker's making and ending, its mail and its locals. loop.c turns it. */
#include "runtime/worker.h"

#include "base/clock.h"
#include "base/mem.h"
#include "runtime/worker_state.h"
#include "runtime/workers.h"

#include <assert.h>
#include <unistd.h>

static bool worker_open(struct worker *w)
{
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET};

    w->box = mailbox_new_loop();
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return w->box && w->epoll_fd >= 0 &&
           epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->box->wake_fd, &wake) == 0;
}

static _Atomic uint64_t serials;

struct worker *worker_new(void)
{
    struct worker *w = mem_calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    atomic_init(&w->references, 1);
    w->serial = atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
    atomic_init(&w->busy_since, clock_now());
    atomic_init(&w->resting, false);
    w->generation = workers_generation();
    w->trim_due = CLOCK_NEVER;
    helm_init(&w->helm);
    list_init(&w->ready);
    list_init(&w->chores);
    list_init(&w->fibers);
    if (!worker_open(w)) {
        worker_close(w);
        worker_unref(w);
        return NULL;
    }
    return w;
}

void worker_ref(struct worker *w)
{
    atomic_fetch_add_explicit(&w->references, 1, memory_order_relaxed);
}

void worker_unref(struct worker *w)
{
    if (!w || atomic_fetch_sub_explicit(&w->references, 1, memory_order_acq_rel) != 1)
        return;
    helm_release(&w->helm);
    mailbox_unref(w->box);
    mem_free(w);
}

void worker_close(struct worker *w)
{
    worker_close_locals(w);
    stack_cache_release(&w->stacks);
    timers_release(&w->timers);
    if (w->epoll_fd >= 0)
        close(w->epoll_fd);
    w->epoll_fd = -1;
}

void worker_close_descriptors(struct worker *w)
{
    close(w->epoll_fd);
    close(w->box->wake_fd);
    w->epoll_fd = w->box->wake_fd = -1;
}

void worker_cancel_all(struct worker *w)
{
    w->stopping = true;
    fibers_cancel_all(w);
}

struct worker *worker_new_inline(void)
{
    struct worker *w = worker_new();

    if (w)
        w->is_inline = true;
    return w;
}

void worker_free_inline(struct worker *w)
{
    struct worker *outer = worker_current();

    if (!w)
        return;
    if (!worker_is_ours(w)) {
        /* Inherited by fork: its fibers would speak on the parent's connections. */
        worker_close_descriptors(w);
        stack_cache_release(&w->stacks);
        timers_release(&w->timers);
        worker_unref(w);
        return;
    }
    worker_set_current(w);
    worker_cancel_all(w);
    worker_run_down(w);
    worker_close(w);
    worker_set_current(outer);
    worker_unref(w);
}

int64_t worker_next_due(struct worker *w)
{
    if (worker_is_due(w) || !mailbox_empty(w->box))
        return 0;
    return timers_next(&w->timers);
}

int worker_poll_fd(struct worker *w)
{
    return w->epoll_fd;
}

int worker_number(const struct worker *w)
{
    return w->number;
}

uint64_t worker_serial(const struct worker *w)
{
    return w->serial;
}

bool worker_is_inline(const struct worker *w)
{
    return w->is_inline;
}

bool worker_is_ours(const struct worker *w)
{
    return w->generation == workers_generation();
}

void worker_post_chain(struct worker *w, struct post *first, struct post *last)
{
    /* The message may be what lets the worker's owner free it: the box outlives that. */
    struct mailbox *box = mailbox_ref(w->box);

    mailbox_post_chain(box, first, last);
    mailbox_unref(box);
}

void worker_post(struct worker *w, struct worker_post *p)
{
    worker_post_chain(w, &p->post, &p->post);
}

void worker_ask(struct worker_chore *chore)
{
    if (!list_linked(&chore->link))
        list_append(&worker_current()->chores, &chore->link);
}

struct timers *worker_timers(struct worker *w)
{
    return &w->timers;
}

int worker_fibers(const struct worker *w)
{
    return atomic_load_explicit(&w->fiber_count, memory_order_relaxed);
}

static struct worker_local *find_local(struct worker *w, const void *key)
{
    struct worker_local *l = w->locals;

    while (l && l->key != key)
        l = l->next;
    return l;
}

void *worker_local(struct worker *w, const void *key)
{
    struct worker_local *l = find_local(w, key);

    return l ? l->object : NULL;
}

bool worker_local_set(struct worker *w, const void *key, void *object, void (*free_object)(void *))
{
    struct worker_local *l = mem_alloc(sizeof(*l));

    assert(!find_local(w, key));
    if (!l)
        return false;
    *l = (struct worker_local){
        .next = w->locals, .key = key, .object = object, .free_object = free_object};
    w->locals = l;
    return true;
}

void worker_on_idle(struct worker *w, const void *key, void (*idle)(void *object))
{
    struct worker_local *l = find_local(w, key);

    if (l)
        l->idle = idle;
}

/* The youngest first: it may use what was there before it. */
void worker_close_locals(struct worker *w)
{
    while (w->locals) {
        struct worker_local *l = w->locals;

        w->locals = l->next;
        if (l->free_object)
            l->free_object(l->object);
        mem_free(l);
    }
}
