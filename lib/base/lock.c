/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include "base/clock.h"

#include <assert.h>
#include <time.h>

static __thread enum lock_rank held;

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
    assert(held < l->rank);
    pthread_mutex_lock(&l->mutex);
    l->outer = held;
    held = l->rank;
}

UNCHECKED void lock_drop(struct lock *l)
{
    held = l->outer;
    pthread_mutex_unlock(&l->mutex);
}

void lock_wait(struct lock *l, pthread_cond_t *condition)
{
    enum lock_rank outer = l->outer;

    held = outer;
    pthread_cond_wait(condition, &l->mutex);
    l->outer = outer;
    held = l->rank;
}

void lock_wait_until(struct lock *l, pthread_cond_t *condition, int64_t deadline)
{
    struct timespec until = {.tv_sec = (time_t)(deadline / CLOCK_SECOND),
                             .tv_nsec = (long)(deadline % CLOCK_SECOND) * 1000};
    enum lock_rank outer = l->outer;

    held = outer;
    pthread_cond_timedwait(condition, &l->mutex, &until);
    l->outer = outer;
    held = l->rank;
}

int lock_held_rank(void)
{
    return (int)held;
}
