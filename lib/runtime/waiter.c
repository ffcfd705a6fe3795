/* SPDX-License-Identifier: MIT */
/* Grants between threads. A grant is a message to the waiter's worker; the block for it was taken
 * when the waiter was made, so granting cannot fail. The waiter itself lies on its fiber's stack
 * and stays there until the message has come, or nobody can send it any more. */
#include "base/mem.h"
#include "runtime/worker_state.h"

#include <assert.h>

struct waiter_post {
    struct worker_post post;
    struct waiter *waiter;
};

static void grant_arrived(struct worker_post *p, struct worker *worker)
{
    struct waiter_post *grant = CONTAINER_OF(p, struct waiter_post, post);
    struct waiter *w = grant->waiter;

    (void)worker;
    w->granted = true;
    w->post = NULL;
    mem_free(grant);
    fiber_wake(w->fiber);
}

bool waiter_init(struct waiter *w)
{
    struct waiter_post *post = mem_alloc(sizeof(*post));

    if (!post)
        return false;
    *w = (struct waiter){.fiber = fiber_current(), .worker = worker_current(), .post = post};
    *post = (struct waiter_post){.post = {.deliver = grant_arrived}, .waiter = w};
    assert(w->fiber);
    return true;
}

void waiter_grant(struct waiter *w)
{
    worker_post(w->worker, &w->post->post);
}

CURLcode wait_for_grant(struct waiter *w, int64_t deadline)
{
    CURLcode result = CURLE_OK;

    while (!result && !w->granted)
        result = wait_wake(deadline);
    return w->granted ? CURLE_OK : result;
}

void waiter_settle(struct waiter *w)
{
    while (!w->granted)
        wait_wake_uncancellable();
}

void waiter_release(struct waiter *w)
{
    mem_free(w->post);
    w->post = NULL;
}
