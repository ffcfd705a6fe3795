/* SPDX-License-Identifier: MIT */
/* The limits in time: a timer of the worker ends the waits of the transfer's fiber when one is
 * reached, wherever it is. The transfer's code needs no clock of its own. */
#include "transfer/state.h"

#include "base/clock.h"
#include "runtime/worker.h"

static struct transfer *transfer_of_deadline(struct timer *t)
{
    return CONTAINER_OF(t, struct transfer, deadline_timer);
}

static struct transfer *transfer_of_speed(struct timer *t)
{
    return CONTAINER_OF(t, struct transfer, speed_timer);
}

static void time_is_up(struct timer *timer)
{
    struct transfer *t = transfer_of_deadline(timer);
    long long ms = (clock_now() - t->exchange->request->started) / CLOCK_MS;
    int phase = atomic_load_explicit(&t->exchange->phase, memory_order_relaxed);

    if (t->facts->content_length > 0)
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT,
                      "Operation timed out after %lld milliseconds with %lld out of %lld bytes "
                      "received",
                      ms, (long long)t->facts->downloaded, (long long)t->facts->content_length);
    else if (t->facts->pretransfer_time)
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT,
                      "Operation timed out after %lld milliseconds with %lld bytes received", ms,
                      (long long)t->facts->downloaded);
    else if (phase > PHASE_RESOLVE)
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT, "Connection timed out after %lld milliseconds",
                      ms);
    else
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT, "Resolving timed out after %lld milliseconds",
                      ms);
    exchange_abort(t->exchange, CURLE_OPERATION_TIMEDOUT);
}

/* The program holds the transfer up: it paused, or has not taken what is in the window. */
static bool is_held_up(struct exchange *x)
{
    return atomic_load(&x->recv_paused) || atomic_load(&x->send_paused) || atomic_load(&x->stalled);
}

/* Once a second: is it slower than CURLOPT_LOW_SPEED_LIMIT for CURLOPT_LOW_SPEED_TIME? */
static void look_at_speed(struct timer *timer)
{
    struct transfer *t = transfer_of_speed(timer);
    const struct settings *s = t->settings;
    curl_off_t moved = t->facts->downloaded + t->facts->uploaded;
    int64_t now = clock_now();
    bool slow = moved - t->speed_moved < s->low_speed_limit && !is_held_up(t->exchange);

    t->speed_moved = moved;
    if (!slow) {
        t->speed_slow_since = 0;
    } else if (!t->speed_slow_since) {
        t->speed_slow_since = now - CLOCK_SECOND;
    }
    if (t->speed_slow_since && now - t->speed_slow_since >= s->low_speed_time_s * CLOCK_SECOND) {
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT,
                      "Operation too slow. Less than %ld bytes/sec transferred the last %ld "
                      "seconds",
                      s->low_speed_limit, s->low_speed_time_s);
        exchange_abort(t->exchange, CURLE_OPERATION_TIMEDOUT);
        return;
    }
    timer_arm(worker_timers(t->exchange->worker), timer, now + CLOCK_SECOND);
}

CURLcode limits_start(struct transfer *t)
{
    const struct settings *s = t->settings;
    struct timers *timers = worker_timers(t->exchange->worker);

    t->deadline_timer.fire = time_is_up;
    t->speed_timer.fire = look_at_speed;
    if (s->timeout_ms) {
        int64_t due = clock_after(t->exchange->request->started, s->timeout_ms * CLOCK_MS);
        if (!timer_arm(timers, &t->deadline_timer, due))
            return CURLE_OUT_OF_MEMORY;
    }
    if (s->low_speed_limit && s->low_speed_time_s &&
        !timer_arm(timers, &t->speed_timer, clock_now() + CLOCK_SECOND))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

void limits_stop(struct transfer *t)
{
    struct timers *timers = worker_timers(t->exchange->worker);

    timer_disarm(timers, &t->deadline_timer);
    timer_disarm(timers, &t->speed_timer);
}
