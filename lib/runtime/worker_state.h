/* SPDX-License-Identifier: MIT */
/* The insides of a worker and of a fiber, for the files of runtime/ only. */
#ifndef RUNTIME_WORKER_STATE_H
#define RUNTIME_WORKER_STATE_H

#include "base/list.h"
#include "runtime/fiber.h"
#include "runtime/helm.h"
#include "runtime/mailbox.h"
#include "runtime/stack.h"
#include "runtime/switch.h"
#include "runtime/timers.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

/* The top of a fiber's stack. */
struct fiber {
    struct context context;
    struct list_link queue;     /* in the run queue, or none */
    struct list_link member;    /* of worker->fibers */
    struct list_link condition; /* in the one that it waits for, or none */
    struct worker *worker;
    struct stack *stack;
    fiber_main *main;
    void *argument;

    /* The wait that it is in. The timer may be armed for an earlier time than the deadline: then it
     * is armed again when it fires. So a fiber that waits again and again touches no heap. */
    struct timer timer;
    int64_t deadline;
    bool parked; /* neither runs nor is queued */
    enum fiber_rest {
        REST_RAN,  /* since the last look */
        REST_SEEN, /* parked all the time */
        REST_THIN, /* and has given back what it does not use of its stack */
    } rest;
    bool timed_out; /* the deadline ended the wait */
    bool deaf;      /* cancellation does not end it */

    bool cancelled;
    bool ended;
};

/* What a turn sends to one box. */
struct outgoing {
    struct mailbox *to;
    struct post *first, *last;
};

struct worker_local {
    struct worker_local *next;
    const void *key;
    void *object;
    void (*free_object)(void *);
    void (*idle)(void *);
};

enum {
    WORKER_EVENTS = 256,
    WORKER_OUTGOING = 32,
};

struct worker {
    /* Fixed after creation; any thread reads. */
    struct mailbox *box;
    int epoll_fd;
    bool is_inline;
    uint64_t serial;     /* from 1 */
    unsigned generation; /* of the process that it belongs to */
    int number;          /* in the pool, from 1 */

    /* Any thread. Written by the worker. */
    atomic_int fiber_count;
    atomic_int busy;            /* millionths, as of busy_since */
    _Atomic int64_t busy_since; /* when `busy` was written */
    atomic_bool resting;        /* what it does since then */

    /* Any thread. */
    atomic_int references;

    /* Any thread, under the pool's lock. */
    int transfers, heavy_transfers;
    pthread_t thread;

    struct helm helm; /* who turns it: a worker of the pool */

    /* This worker only. */
    struct context loop; /* the thread's own stack, while a fiber runs */
    struct fiber *current;
    void (*call)(void *); /* what the fiber that switched here wants done on this stack */
    void *call_argument;
    struct list ready;
    struct list chores; /* for the end of the pass */
    struct list fibers;
    struct timers timers;
    struct stack_cache stacks;
    int64_t trim_due;
    bool stacks_touched; /* fibers ran, or may have left memory behind */
    struct worker_local *locals;
    bool stopping;       /* what is started is cancelled */
    bool something_seen; /* this turn did what the owner of an inline worker may wait for */
    struct worker_post stop_post;

    struct outgoing outgoing[WORKER_OUTGOING];
    int outgoing_count;

    struct epoll_event events[WORKER_EVENTS];
    int event_next, event_count; /* of those fetched, the ones not delivered yet */
};

/* current.c: the thread's worker. Never inlined, so that no thread-local address is kept over a
 * switch: an inline worker may be turned by another thread next time. */
void worker_set_current(struct worker *);

/* Whether the next pass has something to do that no mail and no event tells of. */
static inline bool worker_is_due(struct worker *w)
{
    return !list_empty(&w->ready) || !list_empty(&w->chores);
}

/* fiber.c: runs a fiber until it parks or ends. */
void fiber_run(struct fiber *);

/* Parks the running fiber; a fiber that was put on the run queue before only lets others run. */
void fiber_park(struct fiber *, int64_t deadline);

/* Puts the running fiber behind those that are ready. */
void fiber_queue_self(struct fiber *);
void fibers_cancel_all(struct worker *);

/* Once a second: thins the stacks of fibers that rest since the last time. True while another look
 * may find more. */
bool fibers_thin(struct worker *);

/* watch.c */
void watch_deliver(struct watch *, uint32_t events);

/* worker.c */
struct worker *worker_new(void);

/* What is left when nothing turns it any more: locals, stacks, descriptors. */
void worker_close(struct worker *);
void worker_close_locals(struct worker *);

/* In a child of fork: the descriptors that it shares with its parent, and nothing else. */
void worker_close_descriptors(struct worker *);

/* loop.c. Mail, ready fibers, timers; posts what was sent. */
void worker_pass(struct worker *);

/* Fetches and delivers events; sleeps until `deadline` if nothing is ready. False when a signal
 * interrupted it. */
bool worker_poll(struct worker *, int64_t deadline);

/* Passes and polls until nothing is left that can go on. */
void worker_run_down(struct worker *);

/* Cancels all, now and in future. */
void worker_cancel_all(struct worker *);
bool worker_finished(struct worker *);

/* outgoing.c */
void outgoing_flush(struct worker *);

#endif
