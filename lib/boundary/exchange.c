/* SPDX-License-Identifier: MIT */
#include "boundary/exchange.h"

#include "base/clock.h"
#include "base/mem.h"
#include "boundary/direct.h"
#include "boundary/gate.h"
#include "runtime/helm.h"
#include "runtime/wait.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    BYTES_UNDER_WAY = 256 << 20, /* in chunks of the whole process: beyond it windows are short */
};

/* ---- Both sides ---- */

struct exchange *exchange_ref(struct exchange *x)
{
    atomic_fetch_add_explicit(&x->references, 1, memory_order_relaxed);
    return x;
}

void exchange_unref(struct exchange *x)
{
    if (!x || atomic_fetch_sub_explicit(&x->references, 1, memory_order_acq_rel) > 1)
        return;
    exchange_drop_events(x);
    if (x->done)
        event_free(&x->done->event);
    request_free(x->request);
    mailbox_unref(x->events);
    mem_free(x);
}

/* ---- Application side ---- */

struct exchange *exchange_new(struct request *request, struct mailbox *events, void *owner)
{
    struct exchange *x = mem_calloc(1, sizeof(*x));
    struct event_done *done = mem_calloc(1, sizeof(*done));

    if (!x || !done) {
        mem_free(x);
        mem_free(done);
        request_free(request);
        return NULL;
    }
    done->event.kind = EVENT_DONE;
    done->event.exchange = x;
    facts_init(&done->facts);
    x->done = done;
    x->request = request;
    x->events = events ? mailbox_ref(events) : NULL;
    x->owner = owner;
    x->references = 1;
    x->queue_end = &x->queue;
    x->deadline = CLOCK_NEVER;
    return x;
}

static void run_fiber(void *argument)
{
    struct exchange *x = argument;

    x->fiber = fiber_current();
    if (x->cancel_code)
        fiber_cancel(x->fiber);
    x->run(x);
    x->fiber = NULL;
    exchange_unref(x);
}

static void take_start(struct worker_post *p, struct worker *w)
{
    struct exchange *x = CONTAINER_OF(p, struct exchange, start);
    CURLcode result = fiber_start(w, run_fiber, x, &x->fiber);

    if (!result)
        return;
    snprintf(x->done->error_text, sizeof(x->done->error_text), "%s",
             "Out of memory for the transfer's stack");
    exchange_end(x, result);
    exchange_unref(x);
}

static void take_kick(struct worker_post *p, struct worker *w)
{
    struct exchange *x = CONTAINER_OF(p, struct exchange, kick);

    (void)w;
    atomic_store(&x->kicked, false);
    if (x->fiber)
        fiber_wake(x->fiber);
    exchange_unref(x);
}

static void take_cancel(struct worker_post *p, struct worker *w)
{
    struct exchange *x = CONTAINER_OF(p, struct exchange, cancel);

    (void)w;
    if (!atomic_load(&x->ended)) {
        x->silent = true;
        exchange_abort(x, CURLE_ABORTED_BY_CALLBACK);
    }
    exchange_unref(x);
}

static void take_gate(struct worker_post *p, struct worker *w)
{
    struct gate *g = CONTAINER_OF(p, struct gate, post);
    struct exchange *x = g->exchange;

    (void)w;
    if (atomic_load(&x->ended)) {
        worker_flush(x->events);
        gate_open(g);
    } else {
        x->gate = g;
    }
}

struct worker_post *exchange_prepare(struct exchange *x, struct worker *w,
                                     void (*run)(struct exchange *))
{
    exchange_ref(x); /* the worker's */
    x->worker = w;
    x->run = run;
    x->start.deliver = take_start;
    x->kick.deliver = take_kick;
    x->cancel.deliver = take_cancel;
    return &x->start;
}

void exchange_delivered(struct exchange *x, size_t len)
{
    atomic_fetch_add_explicit(&x->delivered, len, memory_order_seq_cst);
}

void exchange_credit(struct exchange *x)
{
    if (atomic_load(&x->stalled) && atomic_exchange(&x->stalled, false))
        exchange_kick(x);
}

void exchange_kick(struct exchange *x)
{
    if (atomic_load(&x->ended) || atomic_exchange(&x->kicked, true))
        return;
    exchange_ref(x);
    worker_post(x->worker, &x->kick);
}

void exchange_cancel(struct exchange *x)
{
    if (atomic_load(&x->ended) || atomic_exchange(&x->cancelled, true))
        return;
    exchange_ref(x);
    worker_post(x->worker, &x->cancel);
}

void exchange_cancel_and_join(struct exchange *x, bool again)
{
    struct gate gate;

    exchange_cancel(x);
    if (worker_is_inline(x->worker)) {
        while (!atomic_load(&x->ended))
            worker_turn(x->worker, CLOCK_NEVER);
        return;
    }
    if (helm_run(x->worker, &x->ended))
        return;
    gate_init(&gate, x);
    gate.post.deliver = take_gate;
    worker_post(x->worker, &gate.post);
    helm_give_back(x->worker);
    gate_wait(&gate);
    gate_release(&gate);
    if (again)
        helm_ask(x->worker);
}

void exchange_queue(struct exchange *x, struct event *e)
{
    e->post.next = NULL;
    *x->queue_end = &e->post;
    x->queue_end = &e->post.next;
    x->end_queued = x->end_queued || e->kind == EVENT_DONE;
}

struct event *exchange_unqueue(struct exchange *x, struct post **at)
{
    struct post *p = *at;

    *at = p->next;
    if (x->queue_end == &p->next)
        x->queue_end = at;
    p->next = NULL;
    return event_of_post(p);
}

void exchange_requeue(struct exchange *x, struct event *e)
{
    e->post.next = x->queue;
    if (!x->queue)
        x->queue_end = &e->post.next;
    x->queue = &e->post;
}

void exchange_drop_events(struct exchange *x)
{
    while (x->queue) {
        struct event *e = event_of_post(x->queue);
        x->queue = e->post.next;
        event_free(e);
    }
    x->queue_end = &x->queue;
}

/* ---- Worker side ---- */

void exchange_send(struct exchange *x, struct event *e)
{
    if (x->take)
        x->take(x, e);
    else
        worker_send(x->events, &e->post);
}

void exchange_end(struct exchange *x, CURLcode result)
{
    struct event_done *done = x->done;

    x->done = NULL;
    done->result = result;
    exchange_send(x, &done->event);
    if (x->gate)
        worker_flush(x->events);
    atomic_store(&x->ended, true);
    if (x->gate) {
        gate_open(x->gate);
        x->gate = NULL;
    }
}

void exchange_abort(struct exchange *x, CURLcode code)
{
    if (!x->cancel_code)
        x->cancel_code = code;
    if (x->fiber)
        fiber_cancel(x->fiber);
}

CURLcode exchange_result(const struct exchange *x, CURLcode wait_result)
{
    return wait_result == CURLE_ABORTED_BY_CALLBACK && x->cancel_code ? x->cancel_code
                                                                      : wait_result;
}

static struct event_head *head_new(struct exchange *x, const char *lines, size_t len,
                                   unsigned origin, long request, const struct facts *facts)
{
    struct event_head *e = mem_alloc(sizeof(*e) + len + 1);

    if (!e)
        return NULL;
    *e = (struct event_head){
        .event = {.kind = EVENT_HEAD, .exchange = x},
        .origin = origin,
        .request = request,
        .len = len
    };
    facts_init(&e->facts);
    facts_copy(&e->facts, facts);
    memcpy(e->lines, lines, len);
    e->lines[len] = '\0';
    return e;
}

CURLcode send_head(struct exchange *x, const char *lines, size_t len, unsigned origin, long request,
                   const struct facts *facts)
{
    struct event_head *e;
    CURLcode result = CURLE_OK;

    if (x->silent)
        return CURLE_OK;
    e = head_new(x, lines, len, origin, request, facts);
    if (!e)
        return CURLE_OUT_OF_MEMORY;
    if (x->direct)
        result = direct_head(x, e);
    e->called = x->direct != NULL;
    e->delivered = 0;
    exchange_send(x, &e->event);
    return result;
}

CURLcode send_head_uncalled(struct exchange *x, const char *lines, size_t len, unsigned origin,
                            long request, const struct facts *facts)
{
    struct event_head *e;

    if (x->silent)
        return CURLE_OK;
    e = head_new(x, lines, len, origin, request, facts);
    if (!e)
        return CURLE_OUT_OF_MEMORY;
    e->called = true;
    exchange_send(x, &e->event);
    return CURLE_OK;
}

static size_t window(void)
{
    return chunk_bytes_in_use() > BYTES_UNDER_WAY ? WINDOW_BYTES_SHORT : WINDOW_BYTES;
}

/* A program that paused gets nothing more: it would only be woken for what it does not want. */
static bool has_room(struct exchange *x)
{
    return !atomic_load(&x->recv_paused) && x->sent - atomic_load(&x->delivered) < window();
}

/* Parks until the program has taken enough of what was sent. */
static bool has_delivered(struct exchange *x)
{
    return x->sent == atomic_load(&x->delivered);
}

static WAITS CURLcode wait_for_program(struct exchange *x, bool (*is_done)(struct exchange *))
{
    CURLcode result = CURLE_OK;

    if (is_done(x))
        return CURLE_OK;
    while (!result) {
        atomic_store(&x->stalled, true);
        if (is_done(x))
            break;
        result = wait_wake(x->deadline);
    }
    atomic_store(&x->stalled, false);
    return exchange_result(x, result);
}

CURLcode exchange_wait_for_room(struct exchange *x)
{
    return wait_for_program(x, has_room);
}

CURLcode exchange_wait_delivered(struct exchange *x)
{
    return wait_for_program(x, has_delivered);
}

CURLcode exchange_pause(struct exchange *x, unsigned resumes, int64_t deadline)
{
    CURLcode result = CURLE_OK;

    atomic_store(&x->recv_paused, true);
    while (!result && atomic_load(&x->resumes) == resumes)
        result = exchange_result(x, wait_wake(deadline));
    atomic_store(&x->recv_paused, false);
    return result;
}

CURLcode send_body_copy(struct exchange *x, const char *bytes, size_t len)
{
    CURLcode result;
    struct event_body *e;

    if (x->direct)
        return direct_body(x, bytes, len);
    result = exchange_wait_for_room(x);
    if (result || x->silent)
        return result;
    e = mem_alloc(sizeof(*e) + len);
    if (!e)
        return CURLE_OUT_OF_MEMORY;
    *e = (struct event_body){
        .event = {.kind = EVENT_BODY, .exchange = x},
          .len = len
    };
    memcpy(e->small, bytes, len);
    x->sent += len;
    exchange_send(x, &e->event);
    return CURLE_OK;
}

static CURLcode send_chunk(struct exchange *x, struct chunk *c)
{
    CURLcode result = exchange_wait_for_room(x);
    struct event_body *e;

    if (result || x->silent)
        return result;
    e = mem_alloc(sizeof(*e));
    if (!e)
        return CURLE_OUT_OF_MEMORY;
    *e = (struct event_body){
        .event = {.kind = EVENT_BODY, .exchange = x},
        .chunk = c,
        .offset = c->start,
        .len = chunk_len(c)
    };
    x->sent += e->len;
    exchange_send(x, &e->event);
    return CURLE_OK;
}

CURLcode send_body(struct exchange *x, struct chunk *c)
{
    CURLcode result;

    if (x->direct) {
        result = direct_body(x, chunk_at(c), chunk_len(c));
    } else if (chunk_len(c) > SEND_COPY_MAX) {
        result = send_chunk(x, c);
        if (!result && !x->silent)
            return CURLE_OK;
    } else {
        result = send_body_copy(x, chunk_at(c), chunk_len(c));
    }
    chunk_drop(c);
    return result;
}

CURLcode send_facts(struct exchange *x, const struct facts *facts)
{
    struct event_facts *e;

    if (x->silent)
        return CURLE_OK;
    e = mem_alloc(sizeof(*e));
    if (!e)
        return CURLE_OUT_OF_MEMORY;
    *e = (struct event_facts){
        .event = {.kind = EVENT_FACTS, .exchange = x}
    };
    facts_init(&e->facts);
    facts_copy(&e->facts, facts);
    exchange_send(x, &e->event);
    return CURLE_OK;
}

void send_log(struct exchange *x, curl_infotype type, const char *bytes, size_t len)
{
    struct event_log *e;

    if (!x->log || x->silent)
        return;
    e = mem_alloc(sizeof(*e) + len + 1);
    if (!e)
        return;
    *e = (struct event_log){
        .event = {.kind = EVENT_LOG, .exchange = x},
          .type = type, .len = len
    };
    memcpy(e->bytes, bytes, len);
    e->bytes[len] = '\0';
    exchange_send(x, &e->event);
}
