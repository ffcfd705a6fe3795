/* SPDX-License-Identifier: MIT */
#include "boundary/ask.h"

#include "base/clock.h"
#include "base/mem.h"
#include "boundary/exchange.h"
#include "runtime/wait.h"

static struct ask *ask_of_reply(struct worker_post *p)
{
    return CONTAINER_OF(p, struct ask, reply);
}

/* On the worker: the answer has arrived. */
static void take_reply(struct worker_post *p, struct worker *w)
{
    struct ask *a = ask_of_reply(p);
    struct exchange *x = a->event.exchange;

    (void)w;
    if (a->abandoned) {
        ask_free(a);
    } else {
        a->answered = true;
        fiber_wake(a->fiber);
    }
    exchange_unref(x);
}

struct ask *ask_new(struct exchange *x, enum ask_kind kind)
{
    struct ask *a = mem_calloc(1, sizeof(*a));

    if (!a)
        return NULL;
    a->event.kind = EVENT_ASK;
    a->event.exchange = x;
    a->reply.deliver = take_reply;
    a->kind = kind;
    a->fd = CURL_SOCKET_BAD;
    return a;
}

void ask_free(struct ask *a)
{
    if (!a)
        return;
    chunk_drop(a->chunk);
    mem_free(a->trailers);
    mem_free(a->texts);
    mem_free(a->file);
    mem_free(a);
}

void ask_send(struct ask *a)
{
    a->fiber = fiber_current();
    a->answered = false;
    exchange_send(a->event.exchange, &a->event);
}

bool ask_claim(struct ask *a)
{
    return !atomic_exchange(&a->claimed, true);
}

void ask_unclaim(struct ask *a)
{
    atomic_store(&a->claimed, false);
}

CURLcode ask_wait(struct ask *a, int64_t deadline)
{
    CURLcode result = CURLE_OK;

    while (!a->answered && !result)
        result = exchange_result(a->event.exchange, wait_wake(deadline));
    if (a->lends && !a->answered && !ask_claim(a)) {
        while (!a->answered) /* the callback runs: until it has let go */
            wait_wake_uncancellable();
    }
    if (!result)
        result = a->result;
    if (result)
        ask_abandon(a);
    return result;
}

CURLcode ask_call(struct exchange *x, CURLcode (*call)(void *), void *argument, int64_t deadline)
{
    struct ask *a = ask_new(x, ASK_CALL);
    CURLcode result;

    if (!a)
        return CURLE_OUT_OF_MEMORY;
    a->call = call;
    a->argument = argument;
    a->lends = true;
    ask_send(a);
    result = ask_wait(a, deadline);
    if (!result)
        ask_free(a);
    return result;
}

void ask_until_delivered(struct exchange *x)
{
    struct ask *a = ask_new(x, ASK_NOTHING);

    if (!a)
        return;
    ask_send(a);
    if (!ask_wait(a, CLOCK_NEVER))
        ask_free(a);
}

void ask_abandon(struct ask *a)
{
    if (a->answered)
        ask_free(a);
    else
        a->abandoned = true;
}

void ask_reply(struct ask *a)
{
    exchange_ref(a->event.exchange);
    worker_post(a->event.exchange->worker, &a->reply);
}
