/* SPDX-License-Identifier: MIT */
/* A fiber's record lies at the top of its stack, next to its first frames: one allocation, and a
 * parked fiber is one page. A fiber is parked, or queued, or runs; only its worker changes that. */
#include "runtime/fiber.h"

#include "base/clock.h"
#include "runtime/worker_state.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_LAST_BYTES = 1024 };

/* A build with assertions names the overflow that the guard has not caught yet. */
static inline void assert_stack(const struct fiber *f)
{
#ifndef NDEBUG
    static const char message[] = "curlpool: fiber stack overflow\n";

    if ((const char *)__builtin_frame_address(0) < f->stack->low + STACK_LAST_BYTES) {
        if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
            abort();
        abort();
    }
#else
    (void)f;
#endif
}

static _Noreturn void fiber_entry(void)
{
    struct fiber *f = fiber_current();

    context_begun(&f->worker->loop);
    f->main(f->argument);
    assert_stack(f);
    f->ended = true;
    context_end(&f->context, &f->worker->loop);
}

static void count_fibers(struct worker *w, int more)
{
    int count = atomic_load_explicit(&w->fiber_count, memory_order_relaxed);

    atomic_store_explicit(&w->fiber_count, count + more, memory_order_relaxed);
}

static void fiber_free(struct fiber *f)
{
    struct worker *w = f->worker;

    timer_disarm(&w->timers, &f->timer);
    timers_unreserve(&w->timers);
    context_release(&f->context);
    list_remove(&f->member);
    w->something_seen = true;
    count_fibers(w, -1);
    stack_drop(&w->stacks, f->stack);
}

/* The timer fired: the deadline has come, or it was armed for an earlier wait. */
static void fiber_timer_fired(struct timer *timer)
{
    struct fiber *f = CONTAINER_OF(timer, struct fiber, timer);

    if (!f->parked || f->deadline == CLOCK_NEVER)
        return;
    if (f->deadline > timer->due) {
        timer_arm_reserved(&f->worker->timers, timer, f->deadline);
        return;
    }
    fiber_wake(f);
    f->timed_out = true;
}

CURLcode fiber_start(struct worker *w, fiber_main *main, void *argument, struct fiber **ret_fiber)
{
    struct stack *stack;
    struct fiber *f;

    assert(w == worker_current());
    if (!timers_reserve(&w->timers))
        return CURLE_OUT_OF_MEMORY;
    stack = stack_take(&w->stacks);
    if (!stack) {
        timers_unreserve(&w->timers);
        return CURLE_OUT_OF_MEMORY;
    }
    f = (void *)(stack->low + ((stack->size - sizeof(*f)) & ~(size_t)63));
    *f = (struct fiber){
        .worker = w,
        .stack = stack,
        .main = main,
        .argument = argument,
        .timer = {.fire = fiber_timer_fired},
        .deadline = CLOCK_NEVER,
        .cancelled = w->stopping,
    };
    context_init(
        &f->context,
        (struct context_stack){.low = stack->low, .size = (size_t)((char *)f - stack->low)},
        fiber_entry);
    list_append(&w->fibers, &f->member);
    list_append(&w->ready, &f->queue);
    count_fibers(w, 1);
    *ret_fiber = f;
    return CURLE_OK;
}

/* Does what the fiber switched here for; false when it is parked or has ended. */
static bool call_out(struct worker *w)
{
    void (*function)(void *) = w->call;

    if (!function)
        return false;
    w->call = NULL;
    function(w->call_argument);
    return true;
}

void fiber_run(struct fiber *f)
{
    struct worker *w = f->worker;

    f->rest = REST_RAN;
    w->stacks_touched = true;
    do {
        w->current = f;
        context_switch(&w->loop, &f->context);
        w->current = NULL;
    } while (call_out(w));
    if (f->ended)
        fiber_free(f);
}

static void switch_to_loop(struct fiber *f)
{
    assert_stack(f);
    context_switch(&f->context, &f->worker->loop);
}

void fiber_call_out(void (*function)(void *), void *argument)
{
    struct fiber *f = fiber_current();

    if (!f) {
        function(argument);
        return;
    }
    f->worker->call = function;
    f->worker->call_argument = argument;
    switch_to_loop(f);
}

void fiber_park(struct fiber *f, int64_t deadline)
{
    f->deadline = deadline;
    f->timed_out = false;
    f->parked = true;
    if (deadline != CLOCK_NEVER && (!f->timer.place || f->timer.due > deadline))
        timer_arm_reserved(&f->worker->timers, &f->timer, deadline);
    switch_to_loop(f);
    f->deadline = CLOCK_NEVER;
}

void fiber_queue_self(struct fiber *f)
{
    f->timed_out = false;
    list_append(&f->worker->ready, &f->queue);
    switch_to_loop(f);
}

void fiber_wake(struct fiber *f)
{
    assert(f->worker == worker_current());
    /* Somebody woke it before its time-out was noticed: it is to look again. */
    f->timed_out = false;
    if (!f->parked)
        return;
    f->parked = false;
    list_append(&f->worker->ready, &f->queue);
}

void fiber_cancel(struct fiber *f)
{
    f->cancelled = true;
    if (!f->deaf)
        fiber_wake(f);
}

void fibers_cancel_all(struct worker *w)
{
    list_for_each (link, &w->fibers)
        fiber_cancel(CONTAINER_OF(link, struct fiber, member));
}

bool fibers_thin(struct worker *w)
{
    bool more = false;

    list_for_each (link, &w->fibers) {
        struct fiber *f = CONTAINER_OF(link, struct fiber, member);

        if (f->rest == REST_SEEN && f->parked) {
            stack_rest(f->stack, f->context.sp);
            f->rest = REST_THIN;
        } else if (f->rest == REST_RAN) {
            f->rest = REST_SEEN;
            more = true;
        }
    }
    return more;
}
