/* SPDX-License-Identifier: MIT */
#include "runtime/errand.h"

#include "base/mem.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { RUNNING, DONE, ABANDONED };

struct errand {
    void (*work)(void *);
    void (*release)(void *);
    void *argument;
    atomic_int state; /* whoever comes second to change it from RUNNING cleans up */
    struct waiter waiter;
    struct worker *worker; /* the thread's reference: it may outlive the worker */
};

static void *errand_main(void *argument)
{
    struct errand *e = argument;
    struct worker *worker = e->worker;

    e->work(e->argument);
    if (atomic_exchange(&e->state, DONE) != ABANDONED) {
        waiter_grant(&e->waiter); /* from here on it is the fiber's */
    } else {
        waiter_release(&e->waiter);
        e->release(e->argument);
        mem_free(e);
    }
    worker_unref(worker);
    return NULL;
}

static bool start(struct errand *e)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    bool started;

    if (pthread_attr_init(&attributes))
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = !pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) &&
              !pthread_create(&thread, &attributes, errand_main, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

static CURLcode give_up(struct errand *e)
{
    e->release(e->argument);
    mem_free(e);
    return CURLE_OUT_OF_MEMORY;
}

CURLcode errand_run(void (*work)(void *), void (*release)(void *), void *argument, int64_t deadline)
{
    struct errand *e = mem_calloc(1, sizeof(*e));
    CURLcode result;

    if (!e) {
        release(argument);
        return CURLE_OUT_OF_MEMORY;
    }
    *e = (struct errand){
        .work = work, .release = release, .argument = argument, .worker = worker_current()};
    atomic_init(&e->state, RUNNING);
    if (!waiter_init(&e->waiter))
        return give_up(e);
    worker_ref(e->worker);
    if (!start(e)) {
        worker_unref(e->worker);
        waiter_release(&e->waiter);
        return give_up(e);
    }
    result = wait_for_grant(&e->waiter, deadline);
    if (result && atomic_exchange(&e->state, ABANDONED) == RUNNING)
        return result; /* it is the thread's, which may have freed it already */
    /* Done after all, but the caller has been told to end. */
    if (result) {
        waiter_settle(&e->waiter);
        e->release(e->argument);
    }
    mem_free(e);
    return result;
}
