/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include "base/clock.h"

#include <assert.h>
#include <time.h>

/* ---- Ranks, where assertions are on ---- */

#ifndef NDEBUG

static __thread enum lock_rank held;

static void check_rank(const struct lock *l)
{
    assert(held < l->rank);
}

static void note_taken(struct lock *l)
{
    l->outer = held;
    held = l->rank;
}

static void note_dropped(const struct lock *l)
{
    held = l->outer;
}

int lock_held_rank(void)
{
    return (int)held;
}

#else

static void check_rank(const struct lock *l)
{
    (void)l;
}

static void note_taken(struct lock *l)
{
    (void)l;
}

static void note_dropped(const struct lock *l)
{
    (void)l;
}

int lock_held_rank(void)
{
    return 0;
}

#endif

/* ---- The lock ---- */

void lock_init(struct lock *l, enum lock_rank rank)
{
    pthread_mutex_init(&l->mutex, NULL);
    l->rank = rank;
    l->outer = 0;
}

void lock_release(struct lock *l)
{
    pthread_mutex_destroy(&l->mutex);
}

UNCHECKED void lock_take(struct lock *l)
{
    check_rank(l);
    pthread_mutex_lock(&l->mutex);
    note_taken(l);
}

UNCHECKED void lock_drop(struct lock *l)
{
    note_dropped(l);
    pthread_mutex_unlock(&l->mutex);
}

void lock_wait(struct lock *l, pthread_cond_t *condition)
{
    note_dropped(l);
    pthread_cond_wait(condition, &l->mutex);
    note_taken(l);
}

void lock_wait_until(struct lock *l, pthread_cond_t *condition, int64_t deadline)
{
    struct timespec until = {.tv_sec = (time_t)(deadline / CLOCK_SECOND),
                             .tv_nsec = (long)(deadline % CLOCK_SECOND) * 1000};

    note_dropped(l);
    pthread_cond_timedwait(condition, &l->mutex, &until);
    note_taken(l);
}
