/* SPDX-License-Identifier: MIT */
#include "boundary/direct.h"

#include "runtime/wait.h"

/* A call on the worker's own stack. */
struct call {
    struct exchange *exchange;
    struct event_head *head; /* or bytes of a body: */
    char *bytes;
    size_t len, taken;
    CURLcode result;
};

static void run(void *argument)
{
    struct call *c = argument;
    struct exchange *x = c->exchange;

    if (c->head)
        c->result = x->direct->head(x, c->head);
    else
        c->result = x->direct->body(x, c->bytes, c->len, &c->taken);
}

static WAITS CURLcode wait_while_paused(struct exchange *x)
{
    CURLcode result = CURLE_OK;

    while (!result && atomic_load(&x->recv_paused))
        result = wait_wake(x->deadline);
    return exchange_result(x, result);
}

/* Calls until the program does not pause any more. It may resume before the worker has noted that
 * it paused: the count of its resumes tells. */
static WAITS CURLcode call(struct call *c)
{
    struct exchange *x = c->exchange;

    for (;;) {
        CURLcode result = wait_while_paused(x);
        unsigned resumes = atomic_load(&x->resumes);

        if (result || x->silent)
            return result;
        fiber_call_out(run, c);
        if (c->result != CURLE_AGAIN)
            return c->result;
        atomic_store(&x->recv_paused, true);
        if (atomic_load(&x->resumes) != resumes)
            atomic_store(&x->recv_paused, false);
    }
}

CURLcode direct_body(struct exchange *x, const char *bytes, size_t len)
{
    /* libcurl's callbacks get a pointer that is not const; nobody else looks at the bytes
     * afterwards. */
    struct call c = {.exchange = x, .bytes = (char *)(uintptr_t)bytes, .len = len};
    CURLcode result = CURLE_OK;

    while (!result && c.len && !x->silent) {
        result = call(&c);
        c.bytes += c.taken;
        c.len -= c.taken;
        x->sent += c.taken;
        atomic_fetch_add(&x->delivered, c.taken);
        c.taken = 0;
    }
    return result;
}

CURLcode direct_head(struct exchange *x, struct event_head *head)
{
    struct call c = {.exchange = x, .head = head};

    return call(&c);
}
