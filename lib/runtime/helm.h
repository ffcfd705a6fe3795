/* SPDX-License-Identifier: MIT */
/* Who turns a worker of the pool: its own thread, or for a while a guest -- a thread of the program
 * that would only wait for what the worker does. So a result needs no wake-up of another thread,
 * which is most of what small transfers cost. While a guest has the helm the worker's thread sleeps
 * beside it and looks now and then; when the guest has stayed away for HELM_PATIENCE_US it takes
 * the helm back, and the transfers go on without the program. */
#ifndef RUNTIME_HELM_H
#define RUNTIME_HELM_H

#include "base/lock.h"
#include "runtime/mailbox.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct worker;

enum { HELM_PATIENCE_US = 5000 };

/* Who has it. */
enum {
    HELM_THREAD, /* the worker's thread */
    HELM_ASKED,  /* the thread, which steps aside at the end of its pass */
    HELM_FREE,   /* nobody */
    HELM_GUEST,
    HELM_CLAIMED = 4, /* a mark on the last two: the thread is to have it back at once */
};

struct helm {
    atomic_int who;       /* HELM_*, with HELM_CLAIMED */
    atomic_bool deep;     /* the thread sleeps until it is woken */
    _Atomic int64_t left; /* us: when the guest last let go */
    atomic_uint turns;    /* of guests */

    struct lock lock; /* for `changed` */
    pthread_cond_t changed;
};

void helm_init(struct helm *);
void helm_release(struct helm *);

/* ---- The worker's thread ---- */

static inline bool helm_is_asked(const struct helm *h)
{
    return atomic_load(&h->who) == HELM_ASKED;
}

/* Lets guests have the helm, if they still want it; returns when the thread has it again. */
void helm_step_aside(struct helm *);

/* ---- Any other thread; the caller holds a reference to the worker. ---- */

/* Takes the helm if the thread has stepped aside and no other guest has it. */
bool helm_enter(struct worker *);
void helm_leave(struct worker *);

/* Asks the thread to step aside: soon helm_enter may succeed. */
void helm_ask(struct worker *);

/* The thread is to have it back now: the guest will not come, or what it does must go on without
 * it. Costs nothing where the thread has it. */
void helm_give_back(struct worker *);

/* Turns the worker, sleeping while there is nothing to do, until the box has mail, `until` is set,
 * the deadline (us) has come or a signal arrives. The guest has the helm. */
void helm_turn(struct worker *, struct mailbox *, const atomic_bool *until, int64_t deadline);

/* Takes the helm if it is free, and turns the worker until `until` is set, as far as that goes
 * without a wait. False when it is not free, or that did not do. Not from a worker. */
bool helm_run(struct worker *, const atomic_bool *until);

/* A descriptor that ends helm_turn's sleep when it becomes readable; once for each. False when
 * memory is short. It leaves when it is closed. */
bool helm_watch(struct worker *, int fd);

#endif
