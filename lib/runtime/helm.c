/* SPDX-License-Identifier: MIT */
/* The helm moves by compare-and-swap of `who`: thread -> free (only by the thread), free -> guest
 * and guest -> free (guests), free -> thread (only by the thread). Whoever has it owns the worker's
 * data; each step publishes it to the next. The thread sleeps on the condition meanwhile, with a
 * time-out while the guest comes and goes, without one while it is inside: then `deep` asks it for
 * a wake-up when it leaves. */
#include "runtime/helm.h"

#include "base/clock.h"
#include "runtime/worker_state.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

enum {
    WITH_THREAD,
    WITH_NOBODY,
    WITH_GUEST,
};

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

static bool may_take_back(struct helm *h)
{
    int64_t away = clock_now() - atomic_load(&h->left);

    return atomic_load(&h->who) == WITH_NOBODY &&
           (atomic_load(&h->claimed) || away >= HELM_PATIENCE_US);
}

static bool take_back(struct helm *h)
{
    int nobody = WITH_NOBODY;

    if (!may_take_back(h) || !atomic_compare_exchange_strong(&h->who, &nobody, WITH_THREAD))
        return false;
    atomic_store(&h->claimed, false);
    return true;
}

static void nap_locked(struct helm *h) REQUIRES(h->lock);

/* As long as the guest may stay away; longer if it has not let go since the last nap. */
static void nap_locked(struct helm *h)
{
    unsigned turns = atomic_load(&h->turns);
    int64_t until = clock_now() + HELM_PATIENCE_US;

    lock_wait_until(&h->lock, &h->changed, until);
    if (atomic_load(&h->claimed) || atomic_load(&h->turns) != turns)
        return;
    atomic_store(&h->deep, true);
    while (atomic_load(&h->deep) && !atomic_load(&h->claimed) && atomic_load(&h->who) == WITH_GUEST)
        lock_wait(&h->lock, &h->changed);
    atomic_store(&h->deep, false);
}

void helm_step_aside(struct helm *h)
{
    atomic_store(&h->left, clock_now());
    atomic_store(&h->who, WITH_NOBODY);
    atomic_store(&h->asked, false); /* only now: see helm_give_back */
    lock_take(&h->lock);
    while (!take_back(h)) {
        if (atomic_load(&h->claimed) && atomic_load(&h->who) == WITH_GUEST)
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
    int nobody = WITH_NOBODY;

    if (atomic_load(&w->helm.claimed) ||
        !atomic_compare_exchange_strong(&w->helm.who, &nobody, WITH_GUEST))
        return false;
    atomic_fetch_add(&w->helm.turns, 1);
    return true;
}

void helm_leave(struct worker *w)
{
    struct helm *h = &w->helm;

    atomic_store(&h->left, clock_now());
    atomic_store(&h->who, WITH_NOBODY);
    if (atomic_load(&h->deep) || atomic_load(&h->claimed))
        wake_thread(h);
}

void helm_ask(struct worker *w)
{
    struct helm *h = &w->helm;

    if (atomic_load(&h->who) != WITH_THREAD)
        return;
    atomic_store(&h->claimed, false);
    if (!atomic_exchange(&h->asked, true))
        mailbox_ring(w->box);
}

void helm_give_back(struct worker *w)
{
    struct helm *h = &w->helm;

    if (!atomic_load(&h->asked) && atomic_load(&h->who) == WITH_THREAD)
        return;
    /* It may be about to step aside: then it finds the claim. */
    atomic_store(&h->asked, false);
    atomic_store(&h->claimed, true);
    if (atomic_load(&h->who) != WITH_THREAD)
        wake_thread(h);
}

void helm_turn(struct worker *w, struct mailbox *box, const atomic_bool *until, int64_t deadline)
{
    struct worker *outer = worker_current();
    bool interrupted = false;

    worker_set_current(w);
    worker_pass(w);
    while (mailbox_empty(box) && !(until && atomic_load(until)) && !interrupted && !w->stopping &&
           !atomic_load(&w->helm.claimed) && clock_now() < deadline) {
        interrupted = !worker_poll(w, deadline);
        worker_pass(w);
    }
    worker_set_current(outer);
    if (w->stopping)
        atomic_store(&w->helm.claimed, true); /* the rest is its thread's */
}

bool helm_watch(struct worker *w, int fd)
{
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET};

    return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &wake) == 0 || errno == EEXIST;
}
