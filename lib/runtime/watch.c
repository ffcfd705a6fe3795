/* SPDX-License-Identifier: MIT */
/* Descriptors in a worker's epoll: edge triggered, both directions, registered once. An event sets
 * what is ready and wakes the fiber that waits for it; nothing else is ever told to the kernel
 * about a connection until it goes. */
#include "base/clock.h"
#include "runtime/worker_state.h"
#include "runtime/workers.h"

#include <assert.h>
#include <errno.h>

static int epoll_add(int epoll_fd, int fd, void *watch)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = watch,
    };

    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

CURLcode watch_open(struct watch *w, int fd)
{
    struct worker *worker = worker_current();
    int error;

    assert(worker && !w->worker);
    error = epoll_add(worker->epoll_fd, fd, w);
    if (error)
        return error == -ENOMEM || error == -ENOSPC ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
    w->fd = fd;
    w->ready = WAIT_READ | WAIT_WRITE;
    w->hangup = false;
    w->waiters[0].fiber = w->waiters[1].fiber = NULL;
    w->worker = worker;
    return CURLE_OK;
}

/* Only on_event callbacks find events that are fetched and not delivered: fibers run after all of
 * them. */
static void forget_fetched(struct worker *worker, const struct watch *w)
{
    for (int i = worker->event_next; i < worker->event_count; i++) {
        if (worker->events[i].data.ptr == w)
            worker->events[i].data.ptr = NULL;
    }
}

void watch_close(struct watch *w)
{
    struct worker *worker = w->worker;

    if (!worker)
        return;
    w->worker = NULL;
    w->waiters[0].fiber = w->waiters[1].fiber = NULL;
    /* A child of fork shares its parent's epoll instance and must not touch it. */
    if (worker->generation != workers_generation())
        return;
    assert(worker == worker_current());
    (void)epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    forget_fetched(worker, w);
}

void watch_detach(const struct watch *w)
{
    if (worker_is_ours(w->worker))
        (void)epoll_ctl(w->worker->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
}

void watch_retire(struct watch *w)
{
    struct worker *worker = w->worker;

    assert(worker == worker_current());
    w->worker = NULL;
    forget_fetched(worker, w);
}

void watch_deliver(struct watch *w, uint32_t events)
{
    unsigned ready = 0;

    if (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        ready |= WAIT_READ;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= WAIT_WRITE;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        w->hangup = true;
    w->ready |= ready;
    if (w->on_event) {
        w->on_event(w, w->argument);
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (w->waiters[i].fiber && (ready & w->waiters[i].wanted))
            fiber_wake(w->waiters[i].fiber);
    }
}

void watch_tell(struct watch *w, unsigned directions)
{
    for (int i = 0; i < 2; i++) {
        struct watch_waiter *waiter = &w->waiters[i];

        if (waiter->fiber && (directions & waiter->wanted)) {
            waiter->told = true;
            fiber_wake(waiter->fiber);
        }
    }
}
