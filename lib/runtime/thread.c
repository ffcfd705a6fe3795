/* SPDX-License-Identifier: MIT */
/* The thread of a worker. */
#include "base/clock.h"
#include "runtime/pool.h"
#include "runtime/worker_state.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* It runs the loop, the resolver's callbacks and what is delivered; transfers run on fibers. */
enum { THREAD_STACK = SWITCH_SANITIZED ? 1024 * 1024 : 256 * 1024 };

static atomic_bool frozen;

void threads_freeze(void)
{
    atomic_store(&frozen, true);
}

bool threads_frozen(void)
{
    return atomic_load(&frozen);
}

static void stay_if_frozen(void)
{
    while (atomic_load_explicit(&frozen, memory_order_relaxed))
        pause();
}

static void *worker_main(void *argument)
{
    struct worker *w = argument;

    worker_set_current(w);
    mailbox_awake(w->box);
    worker_pass(w);
    while (!(w->stopping && worker_finished(w))) {
        if (helm_is_asked(&w->helm) && !w->stopping)
            helm_step_aside(&w->helm);
        else
            worker_poll(w, CLOCK_NEVER);
        stay_if_frozen();
        worker_pass(w);
        stay_if_frozen();
    }
    worker_close_locals(w);
    outgoing_flush(w);
    worker_set_current(NULL);
    return NULL;
}

static int create(struct worker *w)
{
    pthread_attr_t attributes;
    int error;

    if (pthread_attr_init(&attributes))
        return pthread_create(&w->thread, NULL, worker_main, w);
    error = pthread_attr_setstacksize(&attributes, THREAD_STACK);
    if (!error)
        error = pthread_create(&w->thread, &attributes, worker_main, w);
    /* A program with much thread-local data needs more than that. */
    if (error)
        error = pthread_create(&w->thread, NULL, worker_main, w);
    pthread_attr_destroy(&attributes);
    return error;
}

bool thread_start(struct worker *w)
{
    char name[16];
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = create(w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return false;
    snprintf(name, sizeof(name), "curlpool-%d", w->number);
    pthread_setname_np(w->thread, name);
    return true;
}

static void stop_arrived(struct worker_post *p, struct worker *w)
{
    (void)p;
    worker_cancel_all(w);
}

void thread_stop(struct worker *w)
{
    w->stop_post.deliver = stop_arrived;
    worker_post(w, &w->stop_post);
    helm_give_back(w);
}

bool thread_join(struct worker *w, int patience_ms)
{
    struct timespec until;

    if (patience_ms < 0)
        return pthread_join(w->thread, NULL) == 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)patience_ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_timedjoin_np(w->thread, NULL, &until) == 0;
}
