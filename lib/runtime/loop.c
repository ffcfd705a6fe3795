/* SPDX-License-Identifier: MIT */
/* A worker's turns. A pass takes the mail, runs the fibers that were ready when it began, fires the
 * timers, does the chores and posts what was sent; a poll fetches events, and sleeps only if
 * nothing is ready. */
#include "base/clock.h"
#include "runtime/worker_state.h"

#include <errno.h>

enum {
    BUSY_WHOLE = 1000000,
    BUSY_WINDOW = 10000, /* us that `busy` remembers */
};

/* What `busy` is after `elapsed` us of resting or not. */
static int busy_after(int busy, int64_t elapsed, bool resting)
{
    int64_t share = elapsed < 0 ? 0 : elapsed < BUSY_WINDOW ? elapsed : BUSY_WINDOW;
    int64_t target = resting ? 0 : BUSY_WHOLE;

    return (int)(busy + (target - busy) * share / BUSY_WINDOW);
}

/* From `now` on the worker rests, or no longer does. */
static void note_rest(struct worker *w, int64_t now, bool resting)
{
    int64_t since = atomic_load_explicit(&w->busy_since, memory_order_relaxed);
    bool rested = atomic_load_explicit(&w->resting, memory_order_relaxed);
    int busy = atomic_load_explicit(&w->busy, memory_order_relaxed);

    atomic_store_explicit(&w->busy, busy_after(busy, now - since, rested), memory_order_relaxed);
    atomic_store_explicit(&w->busy_since, now, memory_order_relaxed);
    atomic_store_explicit(&w->resting, resting, memory_order_relaxed);
}

int worker_busy_permille(const struct worker *w)
{
    int64_t since = atomic_load_explicit(&w->busy_since, memory_order_relaxed);
    bool resting = atomic_load_explicit(&w->resting, memory_order_relaxed);
    int busy = atomic_load_explicit(&w->busy, memory_order_relaxed);

    return busy_after(busy, clock_now() - since, resting) / (BUSY_WHOLE / 1000);
}

static void deliver_mail(struct worker *w)
{
    struct post *p = mailbox_drain(w->box);

    if (p)
        w->something_seen = true;
    while (p) {
        struct worker_post *message = CONTAINER_OF(p, struct worker_post, post);

        p = p->next;
        message->deliver(message, w);
    }
}

static void run_ready(struct worker *w)
{
    struct list batch;
    struct list_link *link;

    list_init(&batch);
    list_splice(&batch, &w->ready);
    while ((link = list_take_first(&batch)) != NULL)
        fiber_run(CONTAINER_OF(link, struct fiber, queue));
}

/* What asks for itself again has its next turn in the next pass. */
static void run_chores(struct worker *w)
{
    struct list batch;
    struct list_link *link;

    list_init(&batch);
    list_splice(&batch, &w->chores);
    while ((link = list_take_first(&batch)) != NULL) {
        struct worker_chore *chore = CONTAINER_OF(link, struct worker_chore, link);

        chore->run(chore);
    }
}

void worker_pass(struct worker *w)
{
    deliver_mail(w);
    run_ready(w);
    if (w->timers.count)
        timers_run(&w->timers, clock_now());
    run_chores(w);
    outgoing_flush(w);
}

/* Gives back spare stacks once a second, and what resting fibers do not use of theirs; returns when
 * that is to be done next. */
static int64_t trim(struct worker *w, int64_t now)
{
    if (w->stacks.count <= STACK_SPARES_FEW && !w->stacks_touched)
        return w->trim_due = CLOCK_NEVER;
    if (w->trim_due > now && w->trim_due != CLOCK_NEVER)
        return w->trim_due;
    if (w->trim_due != CLOCK_NEVER) {
        stack_trim(&w->stacks);
        w->stacks_touched = fibers_thin(w);
    }
    return w->trim_due = clock_after(now, CLOCK_SECOND);
}

/* Milliseconds to sleep for; 0 if something is due. */
static int sleep_ms(struct worker *w, int64_t now, int64_t deadline)
{
    int64_t due = clock_earlier(deadline, timers_next(&w->timers));
    int64_t trim_due = trim(w, now);

    return clock_poll_ms(now, w->is_inline ? due : clock_earlier(due, trim_due));
}

static void deliver_events(struct worker *w)
{
    while (w->event_next < w->event_count) {
        struct epoll_event *event = &w->events[w->event_next++];

        if (event->data.ptr)
            watch_deliver(event->data.ptr, event->events);
    }
}

/* Whoever posts or asks for the helm from now on rings; what came before is seen here. */
static bool may_sleep_until(struct worker *w, int64_t deadline)
{
    if (!deadline || worker_is_due(w) || !mailbox_sleep(w->box))
        return false;
    if (!helm_is_asked(&w->helm))
        return true;
    mailbox_awake(w->box);
    return false;
}

bool worker_poll(struct worker *w, int64_t deadline)
{
    bool may_sleep = may_sleep_until(w, deadline);
    int timeout = 0;
    int count;

    if (may_sleep) {
        int64_t now = clock_now();

        timeout = sleep_ms(w, now, deadline);
        if (timeout)
            note_rest(w, now, true);
    }
    count = epoll_wait(w->epoll_fd, w->events, WORKER_EVENTS, timeout);
    if (may_sleep)
        mailbox_awake(w->box);
    if (timeout)
        note_rest(w, clock_now(), false);
    w->event_next = 0;
    w->event_count = count < 0 ? 0 : count;
    deliver_events(w);
    return count >= 0;
}

bool worker_finished(struct worker *w)
{
    return list_empty(&w->fibers) && mailbox_empty(w->box);
}

void worker_run_down(struct worker *w)
{
    worker_pass(w);
    while (!worker_finished(w)) {
        worker_poll(w, CLOCK_NEVER);
        worker_pass(w);
    }
}

/* The owner of an inline worker turns away: from now on mail must make the descriptor readable. */
static void turn_away(struct worker *w)
{
    if (!mailbox_sleep(w->box)) {
        atomic_store(&w->box->asleep, true);
        mailbox_ring(w->box);
    }
}

static void call_idle(struct worker *w)
{
    for (struct worker_local *l = w->locals; l; l = l->next) {
        if (l->idle)
            l->idle(l->object);
    }
}

void worker_turn(struct worker *w, int64_t deadline)
{
    struct worker *outer = worker_current();

    worker_set_current(w);
    mailbox_awake(w->box);
    w->something_seen = false;
    worker_pass(w);
    /* What happened may be what the owner waits for: then it is not to sleep, and only those who
     * keep the run queue full need the sockets looked at. */
    if (!w->something_seen || worker_is_due(w) || deadline == 0) {
        worker_poll(w, w->something_seen ? 0 : deadline);
        worker_pass(w);
    }
    if (list_empty(&w->fibers))
        call_idle(w);
    outgoing_flush(w);
    turn_away(w);
    worker_set_current(outer);
}
