/* SPDX-License-Identifier: MIT */
/* The helm moves by one word, `who`: asked for and withdrawn while the thread has it (by anybody),
 * then asked -> free (only by the thread), free -> guest and back (guests), free -> thread (only by
 * the thread). Whoever claims it for the thread marks the word, which keeps guests from entering.
 * Whoever has it owns the worker's data; each step publishes it to the next. The thread sleeps on
 * the condition meanwhile, with a time-out while the guest comes and goes, without one while it is
 * inside: then `deep`, or the mark, asks for a wake-up when it leaves. */
#include "runtime/helm.h"

#include "base/clock.h"
#include "runtime/worker_state.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

enum { PASSES_A_RUN = 4 }; /* mail, the fiber, what that has asked for */

void helm_init(struct helm *h)
{
    pthread_condattr_t attributes;

    lock_init(&h->lock, LOCK_MAILBOX);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&h->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void helm_release(struct helm *h)
{
    pthread_cond_destroy(&h->changed);
    lock_release(&h->lock);
}

/* ---- The worker's thread ---- */

static bool take_back(struct helm *h)
{
    int who = atomic_load(&h->who);
    bool claimed = who == (HELM_FREE | HELM_CLAIMED);

    if (!claimed && (who != HELM_FREE || clock_now() - atomic_load(&h->left) < HELM_PATIENCE_US))
        return false;
    return atomic_compare_exchange_strong(&h->who, &who, HELM_THREAD);
}

static void nap_locked(struct helm *h) REQUIRES(h->lock);

/* As long as the guest may stay away; longer if it has not let go since the last nap. */
static void nap_locked(struct helm *h)
{
    unsigned turns = atomic_load(&h->turns);
    int64_t until = clock_now() + HELM_PATIENCE_US;

    lock_wait_until(&h->lock, &h->changed, until);
    if (atomic_load(&h->turns) != turns)
        return;
    atomic_store(&h->deep, true);
    while (atomic_load(&h->deep) && atomic_load(&h->who) == HELM_GUEST)
        lock_wait(&h->lock, &h->changed);
    atomic_store(&h->deep, false);
}

void helm_step_aside(struct helm *h)
{
    int asked = HELM_ASKED;

    atomic_store(&h->left, clock_now());
    if (!atomic_compare_exchange_strong(&h->who, &asked, HELM_FREE))
        return;
    lock_take(&h->lock);
    while (!take_back(h)) {
        if (atomic_load(&h->who) == (HELM_GUEST | HELM_CLAIMED))
            lock_wait(&h->lock, &h->changed);
        else
            nap_locked(h);
    }
    lock_drop(&h->lock);
}

static void wake_thread(struct helm *h)
{
    lock_take(&h->lock);
    atomic_store(&h->deep, false);
    pthread_cond_signal(&h->changed);
    lock_drop(&h->lock);
}

/* ---- Guests ---- */

bool helm_enter(struct worker *w)
{
    int free = HELM_FREE;

    if (!atomic_compare_exchange_strong(&w->helm.who, &free, HELM_GUEST))
        return false;
    atomic_fetch_add(&w->helm.turns, 1);
    return true;
}

void helm_leave(struct worker *w)
{
    struct helm *h = &w->helm;
    bool claimed;

    atomic_store(&h->left, clock_now());
    claimed = atomic_fetch_sub(&h->who, HELM_GUEST - HELM_FREE) & HELM_CLAIMED;
    if (atomic_load(&h->deep) || claimed)
        wake_thread(h);
}

void helm_ask(struct worker *w)
{
    int with_thread = HELM_THREAD;

    if (atomic_compare_exchange_strong(&w->helm.who, &with_thread, HELM_ASKED))
        mailbox_ring(w->box);
}

void helm_give_back(struct worker *w)
{
    struct helm *h = &w->helm;
    int who = atomic_load(&h->who), then;

    do {
        if (who == HELM_THREAD || who & HELM_CLAIMED)
            return;
        then = who == HELM_ASKED ? HELM_THREAD : who | HELM_CLAIMED;
    } while (!atomic_compare_exchange_weak(&h->who, &who, then));
    if (then != HELM_THREAD)
        wake_thread(h);
}

void helm_turn(struct worker *w, struct mailbox *box, const atomic_bool *until, int64_t deadline)
{
    struct worker *outer = worker_current();
    bool interrupted = false;

    worker_set_current(w);
    worker_pass(w);
    while (mailbox_empty(box) && !(until && atomic_load(until)) && !interrupted && !w->stopping &&
           atomic_load(&w->helm.who) == HELM_GUEST && clock_now() < deadline) {
        interrupted = !worker_poll(w, deadline);
        worker_pass(w);
    }
    worker_set_current(outer);
    if (w->stopping)
        atomic_fetch_or(&w->helm.who, HELM_CLAIMED); /* the rest is its thread's */
}

bool helm_run(struct worker *w, const atomic_bool *until)
{
    if (worker_current() || !helm_enter(w))
        return false;
    worker_set_current(w);
    for (int passes = 0; !atomic_load(until) && passes < PASSES_A_RUN; passes++)
        worker_pass(w);
    worker_set_current(NULL);
    if (w->stopping)
        atomic_fetch_or(&w->helm.who, HELM_CLAIMED); /* the rest is its thread's */
    helm_leave(w);
    return atomic_load(until);
}

bool helm_watch(struct worker *w, int fd)
{
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET};

    return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &wake) == 0 || errno == EEXIST;
}
