/* SPDX-License-Identifier: MIT */
/* The waits. All of them are fiber_park in a loop around a condition. What they wait for is looked
 * at before cancellation and before the deadline wherever something would be lost otherwise: a
 * signal, a grant. */
#include "runtime/wait.h"

#include "base/clock.h"
#include "base/lock.h"
#include "runtime/worker_state.h"

#include <assert.h>

static struct fiber *waiting_fiber(void)
{
    struct fiber *f = fiber_current();

    assert(f);
    assert(lock_held_rank() == 0);
    return f;
}

CURLcode wait_wake(int64_t deadline)
{
    struct fiber *f = waiting_fiber();

    if (f->cancelled)
        return CURLE_ABORTED_BY_CALLBACK;
    fiber_park(f, deadline);
    if (f->cancelled)
        return CURLE_ABORTED_BY_CALLBACK;
    return f->timed_out ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
}

void wait_wake_uncancellable(void)
{
    struct fiber *f = waiting_fiber();

    f->deaf = true;
    fiber_park(f, CLOCK_NEVER);
    f->deaf = false;
}

CURLcode wait_until(int64_t time)
{
    CURLcode result = CURLE_OK;

    while (!result)
        result = wait_wake(time);
    return result == CURLE_OPERATION_TIMEDOUT ? CURLE_OK : result;
}

CURLcode wait_turn(void)
{
    struct fiber *f = waiting_fiber();

    if (f->cancelled)
        return CURLE_ABORTED_BY_CALLBACK;
    fiber_queue_self(f);
    return f->cancelled ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
}

CURLcode wait_fd(struct watch *w, unsigned directions, int64_t deadline)
{
    CURLcode result = fiber_cancelled() ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
    struct watch_waiter *waiter = &w->waiters[w->waiters[0].fiber != NULL];
    bool told = false;

    assert(w->worker && w->worker == worker_current() && !waiter->fiber);
    while (!result && !told && !(w->ready & directions)) {
        *waiter = (struct watch_waiter){fiber_current(), directions, false};
        result = wait_wake(deadline);
        waiter->fiber = NULL;
        told = waiter->told;
        if (result == CURLE_OPERATION_TIMEDOUT && (told || w->ready & directions))
            result = CURLE_OK;
    }
    return result;
}

void condition_init(struct condition *c)
{
    list_init(&c->waiters);
}

CURLcode wait_on(struct condition *c, int64_t deadline)
{
    struct fiber *f = waiting_fiber();
    CURLcode result = CURLE_OK;

    list_append(&c->waiters, &f->condition);
    while (!result && list_linked(&f->condition))
        result = wait_wake(deadline);
    if (!list_linked(&f->condition))
        return CURLE_OK; /* or the signal would be nobody's */
    list_remove(&f->condition);
    return result;
}

void condition_signal(struct condition *c)
{
    struct list_link *link = list_take_first(&c->waiters);

    if (link)
        fiber_wake(CONTAINER_OF(link, struct fiber, condition));
}

void condition_broadcast(struct condition *c)
{
    while (!list_empty(&c->waiters))
        condition_signal(c);
}
