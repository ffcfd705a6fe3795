/* SPDX-License-Identifier: MIT */
/* The only calls that park a fiber. All are for fibers, take an absolute deadline (CLOCK_NEVER for
 * none) and return CURLE_OK, CURLE_OPERATION_TIMEDOUT when the deadline passed, or
 * CURLE_ABORTED_BY_CALLBACK when the fiber was cancelled. No lock may be held (asserted). Nothing
 * of the thread (errno, OpenSSL's error queue) may be relied on across a wait. */
#ifndef RUNTIME_WAIT_H
#define RUNTIME_WAIT_H

#include "base/list.h"
#include "runtime/fiber.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

enum {
    WAIT_READ = 1,  /* readable, at its end, or in error */
    WAIT_WRITE = 2, /* writable or in error */
};

/* A descriptor registered with a worker's epoll, edge triggered, once for its life on that worker.
 * `ready` is what is believed possible: code tries first, clears a bit on EAGAIN (watch_blocked),
 * then waits. The worker's thread only. */
struct watch {
    int fd;
    unsigned ready;        /* WAIT_READ | WAIT_WRITE */
    bool hangup;           /* EPOLLRDHUP, EPOLLHUP or EPOLLERR was seen */
    struct worker *worker; /* NULL when not registered */
    struct watch_waiter {
        struct fiber *fiber; /* NULL: nobody */
        unsigned wanted;     /* the directions that it waits for */
        bool told;           /* watch_tell ends its wait */
    } waiters[2];            /* who is woken by an event: one may send while another receives */
    void (*on_event)(struct watch *,
                     void *argument); /* instead of a waiter: called on the worker's own stack */
    void *argument;
};

/* Registers `fd` (non-blocking) with the current worker; both directions count as ready. The caller
 * sets on_event and argument, or zeroes them, before. Of a connecting socket only after connect():
 * an unconnected one is reported as hung up. CURLE_OUT_OF_MEMORY or CURLE_FAILED_INIT when the
 * kernel refuses. The watch must not move or be freed while open. */
CURLcode watch_open(struct watch *, int fd);

/* Takes the descriptor out of the worker's epoll (before it is closed or moved). An event of it
 * that was already fetched is forgotten. Safe on a zeroed watch. The owner worker's thread only. */
void watch_close(struct watch *);

/* For a descriptor that moves to another worker. Any thread takes it out of the owner's epoll; the
 * caller sees to it, by a lock, that the owner neither closes the watch nor ends meanwhile. The
 * owner may still deliver events that it had fetched: the watch stays in memory until the owner's
 * thread has called watch_retire, which forgets those. */
void watch_detach(const struct watch *);
void watch_retire(struct watch *);

/* The last try gave EAGAIN. */
static inline void watch_blocked(struct watch *w, unsigned direction)
{
    w->ready &= ~direction;
}

/* Ends the waits of other fibers for these directions: what they wait for is there, and the
 * descriptor will not tell, as it came together with something else. */
void watch_tell(struct watch *, unsigned directions);

/* Parks until one of `directions` may be possible; returns at once if one is believed to be. Two
 * fibers a watch at a time. */
WAITS CURLcode wait_fd(struct watch *, unsigned directions, int64_t deadline);

/* Parks until fiber_wake, the deadline or cancellation. The building block: the caller has arranged
 * for somebody to wake it and checks its condition again. Returns CURLE_OK also for a spurious
 * wake-up. */
WAITS CURLcode wait_wake(int64_t deadline);

/* The same, deaf to cancellation: for the few places that must see a message arrive before they let
 * go of its memory. */
WAITS void wait_wake_uncancellable(void);

/* Parks until the time has come: CURLE_OK then. */
WAITS CURLcode wait_until(int64_t time);

/* Lets the other ready fibers, new mail and events have their turn. */
WAITS CURLcode wait_turn(void);

/* A condition among fibers of one worker: those who wait, in order. A zeroed one must be
 * initialised. */
struct condition {
    struct list waiters;
};
void condition_init(struct condition *);
WAITS CURLcode wait_on(struct condition *, int64_t deadline);
void condition_signal(struct condition *); /* wakes the first */
void condition_broadcast(struct condition *);

/* A wait that another thread ends: a store with a lock keeps `struct waiter`s in a list; whoever
 * grants calls waiter_grant (any thread, under the store's lock or not); the fiber sits in
 * wait_for_grant. One grant a waiter. */
struct waiter {
    /* The granting side, under the store's lock. */
    struct list_link link; /* in the store's list while it is queued */

    /* Fixed while it waits. */
    struct worker *worker;
    struct fiber *fiber;

    /* Internal. */
    struct waiter_post *post;
    bool granted; /* the worker's thread only: the grant has arrived */
};

/* Prepares a waiter for the running fiber; false when memory is short. */
bool waiter_init(struct waiter *);

/* Ends the wait; exactly once, and only after taking the waiter out of the store's list. Any
 * thread. */
void waiter_grant(struct waiter *);

/* Parks until granted. On CURLE_OPERATION_TIMEDOUT or CURLE_ABORTED_BY_CALLBACK the caller takes
 * the store's lock and looks whether the waiter is still in the list: if so it removes it and calls
 * waiter_release; if not, the grant is on its way and the caller calls waiter_settle, which parks
 * until it has arrived. */
WAITS CURLcode wait_for_grant(struct waiter *, int64_t deadline);
WAITS void waiter_settle(struct waiter *);

/* Frees what waiter_init took. The waiter is in no list and no grant is on its way. After a grant
 * has arrived there is nothing to free, and calling it does no harm. */
void waiter_release(struct waiter *);

#endif
