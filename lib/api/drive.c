/* SPDX-License-Identifier: MIT */
/* The driving pass behind curl_multi_perform, socket_action and curl_easy_perform: start what was
 * added, take what the workers posted in one step, run the callbacks, report the ends. */
#include "api/handle.h"

#include "api/closer.h"
#include "base/clock.h"
#include "runtime/workers.h"

bool multi_is_recursion_locked(struct multi *m)
{
    /* Outside a driving call a worker runs on this thread only to call a data callback. */
    return worker_current() || (m->performing && pthread_equal(m->performer, pthread_self()));
}

void multi_show_locked(struct multi *m, struct easy *e)
{
    m->shown = e;
}

void multi_unshow_locked(struct multi *m)
{
    m->shown = NULL;
    if (m->waiting)
        pthread_cond_broadcast(&m->changed);
}

/* Waits for its turn to drive and takes it. */
CURLMcode multi_begin_driving(struct multi *m)
{
    lock_take(&m->lock);
    if (multi_is_recursion_locked(m)) {
        lock_drop(&m->lock);
        return CURLM_RECURSIVE_API_CALL;
    }
    m->waiting++;
    while (m->performing)
        lock_wait(&m->lock, &m->changed);
    m->waiting--;
    m->performing = true;
    m->performer = pthread_self();
    lock_drop(&m->lock);
    return CURLM_OK;
}

void multi_end_driving(struct multi *m)
{
    lock_take(&m->lock);
    m->performing = false;
    if (m->waiting)
        pthread_cond_broadcast(&m->changed);
    lock_drop(&m->lock);
}

/* ---- The driving pass ---- */

/* Moves what the workers posted into the queues of its exchanges. */
void multi_drain_locked(struct multi *m)
{
    struct post *p = mailbox_drain(m->events), *next;

    for (; p; p = next) {
        struct event *e = event_of_post(p);
        struct easy *easy;

        next = p->next;
        if (e->kind == EVENT_CLOSE) {
            closer_keep(m->closer, (struct event_close *)e);
            continue;
        }
        easy = e->exchange->owner;
        exchange_queue(e->exchange, e);
        if (easy->exchange == e->exchange && !list_linked(&easy->ready_link))
            list_append(&m->ready, &easy->ready_link);
    }
}

/* What is ready when the program is not driving must be seen by its select(). */
void multi_keep_readable_locked(struct multi *m)
{
    if (!list_empty(&m->ready) || closer_has_some(m->closer))
        mailbox_wake(m->events);
}

static void put_message_locked(struct multi *m, struct easy *e, CURLcode result) REQUIRES(m->lock);

static void put_message_locked(struct multi *m, struct easy *e, CURLcode result)
{
    e->message = (CURLMsg){.msg = CURLMSG_DONE, .easy_handle = easy_public(e)};
    e->message.data.result = result;
    list_append(&m->messages, &e->message_link);
    m->messages_count++;
    m->messages_moved = true;
    notify_done_locked(m, e);
}

/* The transfer is over: out of the running count, into the info queue. */
static void finish(struct multi *m, struct easy *e, CURLcode result)
{
    struct exchange *x;

    lock_take(&m->lock);
    x = e->exchange;
    e->exchange = NULL;
    e->state = EASY_ENDED;
    e->result = result;
    list_remove(&e->ready_link);
    list_remove(&e->progress_link);
    list_remove(&e->paused_link);
    m->running--;
    put_message_locked(m, e, result);
    lock_drop(&m->lock);
    if (x)
        start_release(m, e, x);
}

/* From here to end_delivery no other thread takes the handle out. */
static void begin_delivery_locked(struct easy *e)
{
    e->delivering = true;
}

static void end_delivery(struct multi *m, struct easy *e)
{
    lock_take(&m->lock);
    e->delivering = false;
    if (m->waiting)
        pthread_cond_broadcast(&m->changed);
    lock_drop(&m->lock);
}

static void call_progress(struct easy *e, int64_t now)
{
    CURLcode result = progress_call(e, now);

    if (result)
        deliver_override(e, result, "Callback aborted");
}

static void start_one(struct multi *m, struct easy *e, bool dead, struct start_batch *batch)
{
    CURLcode result = dead ? CURLE_ABORTED_BY_CALLBACK : start_transfer(m, e, batch);

    if (result) {
        finish(m, e, result);
        return;
    }
    if (!progress_wanted(e))
        return;
    lock_take(&m->lock);
    list_append(&m->progressing, &e->progress_link);
    lock_drop(&m->lock);
}

/* Hands what was added since the last pass to workers, with one wake-up for each. */
static void start_added(struct multi *m)
{
    struct start_batch batch = {0};

    for (;;) {
        struct list_link *link;
        struct easy *e;
        bool dead;

        lock_take(&m->lock);
        dead = m->dead;
        link = list_take_first(&m->to_start);
        e = link ? CONTAINER_OF(link, struct easy, start_link) : NULL;
        if (e) {
            m->to_start_count--;
            m->started_unshown = true;
            begin_delivery_locked(e);
        }
        lock_drop(&m->lock);
        if (!e)
            break;
        start_one(m, e, dead, &batch);
        end_delivery(m, e);
    }
    start_batch_post(&batch);
}

/* Runs the callbacks of one transfer for what its queue holds now. */
static void deliver_one(struct multi *m, struct easy *e)
{
    CURLcode result = CURLE_OK;

    if (deliver(m, e, &result))
        finish(m, e, result);
}

static void deliver_ready(struct multi *m)
{
    struct list batch;

    list_init(&batch);
    lock_take(&m->lock);
    m->more_messages = false;
    m->removed_in_row = 0;
    multi_drain_locked(m);
    list_splice(&batch, &m->ready);
    for (;;) {
        struct list_link *link = list_take_first(&batch);
        struct easy *e;

        if (!link)
            break;
        e = CONTAINER_OF(link, struct easy, ready_link);
        begin_delivery_locked(e);
        atomic_fetch_add_explicit(&m->guest.deliveries, 1, memory_order_relaxed);
        lock_drop(&m->lock);
        deliver_one(m, e);
        end_delivery(m, e);
        lock_take(&m->lock);
    }
    lock_drop(&m->lock);
}

/* Calls the progress callbacks that are due: the list is in the order of their last calls. */
static void call_due_progress(struct multi *m)
{
    int64_t now = 0;

    for (;;) {
        struct easy *e = NULL;

        lock_take(&m->lock);
        if (!list_empty(&m->progressing)) {
            now = now ? now : clock_now();
            e = CONTAINER_OF(list_first(&m->progressing), struct easy, progress_link);
            if (now - e->progress.called < PROGRESS_BETWEEN_US) {
                e = NULL;
            } else {
                list_remove(&e->progress_link);
                list_append(&m->progressing, &e->progress_link);
                begin_delivery_locked(e);
            }
        }
        lock_drop(&m->lock);
        if (!e)
            return;
        call_progress(e, now);
        end_delivery(m, e);
    }
}

/* ---- Paused transfers ---- */

/* The worker may be through with a transfer that the program has paused: then nobody else looks at
 * its time. */
void multi_note_pause_locked(struct multi *m, struct easy *e)
{
    list_remove(&e->paused_link);
    if (e->recv_paused && e->settings->timeout_ms)
        list_append(&m->paused, &e->paused_link);
}

static int64_t pause_ends(const struct easy *e)
{
    return clock_after(e->progress.started, e->settings->timeout_ms * CLOCK_MS);
}

static void end_overdue_pauses(struct multi *m)
{
    lock_take(&m->lock);
    list_for_each (link, &m->paused) {
        struct easy *e = CONTAINER_OF(link, struct easy, paused_link);
        if (clock_now() < pause_ends(e))
            continue;
        deliver_override(e, CURLE_OPERATION_TIMEDOUT,
                         "Operation timed out after %ld milliseconds while it was paused",
                         e->settings->timeout_ms);
        list_remove(&e->paused_link);
        if (!list_linked(&e->ready_link))
            list_append(&m->ready, &e->ready_link);
    }
    lock_drop(&m->lock);
}

CURLMcode multi_drive(struct multi *m, int64_t wait_until, int *ret_running)
{
    CURLMcode result = multi_begin_driving(m);
    struct event_close *sockets;

    if (result)
        return result;
    start_added(m);
    if (m->inline_worker)
        worker_turn(m->inline_worker, wait_until);
    end_overdue_pauses(m);
    deliver_ready(m);
    start_added(m); /* what was pushed */
    call_due_progress(m);
    notify_now(m);
    lock_take(&m->lock);
    if (ret_running)
        *ret_running = (int)m->running;
    sockets = closer_take(m->closer);
    lock_drop(&m->lock);
    closer_run(sockets);
    multi_end_driving(m);
    return CURLM_OK;
}

/* A program with a timer callback may read a message an event: it is to come back for the others
 * as long as their list moves, so that one which reads none is left alone. */
static bool has_untold_messages(const struct multi *m)
{
    return m->timer_function && m->messages_count > 1 && m->messages_moved;
}

int64_t multi_due(struct multi *m)
{
    int64_t due = CLOCK_NEVER;

    lock_take(&m->lock);
    if (!list_empty(&m->to_start) || !list_empty(&m->ready) || !mailbox_empty(m->events) ||
        m->more_messages || has_untold_messages(m))
        due = 0;
    else if (!list_empty(&m->progressing))
        due = progress_due(CONTAINER_OF(list_first(&m->progressing), struct easy, progress_link));
    list_for_each (link, &m->paused)
        due = clock_earlier(due, pause_ends(CONTAINER_OF(link, struct easy, paused_link)));
    if (due && m->inline_worker && m->running)
        due = clock_earlier(due, worker_next_due(m->inline_worker));
    lock_drop(&m->lock);
    return due;
}

int multi_poll_fd(struct multi *m)
{
    return m->inline_worker ? worker_poll_fd(m->inline_worker) : m->events->wake_fd;
}
