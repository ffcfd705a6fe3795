/* SPDX-License-Identifier: MIT */
/* Waits for time, conditions, descriptors. Those for grants are in waiter_test.c. */
#include "support.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int order[16];
static int order_count;

/* A connection to play with, and what a fiber saw of it. */
struct line {
    int ends[2];
    struct watch watch;
    char bytes[64];
    size_t got;
    CURLcode result;
    int done;
};

static int begin(void **state)
{
    order_count = 0;
    return with_worker(state);
}

static void line_open(struct line *l)
{
    *l = (struct line){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, l->ends),
                     0);
}

static void line_close(struct line *l)
{
    close(l->ends[0]);
    if (l->ends[1] >= 0)
        close(l->ends[1]);
}

static void timeout_ends_a_wait(void *argument)
{
    int64_t due = clock_now() + 2 * CLOCK_MS;

    assert_int_equal(wait_wake(due), CURLE_OPERATION_TIMEDOUT);
    assert_true(clock_now() >= due);
    *(int *)argument = 1;
}

static void wait_ends_at_its_deadline(void **state)
{
    int done = 0;

    start(*state, timeout_ends_a_wait, &done);
    turn_until(*state, &done);
}

static void wait_for_the_past(void *argument)
{
    assert_int_equal(wait_wake(0), CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(wait_until(0), CURLE_OK);
    *(int *)argument = 1;
}

static void deadline_in_the_past_ends_at_once(void **state)
{
    int done = 0;

    start(*state, wait_for_the_past, &done);
    turn_until(*state, &done);
}

static void sleep_until(void *argument)
{
    int64_t due = clock_now() + 3 * CLOCK_MS;

    assert_int_equal(wait_until(due), CURLE_OK);
    assert_true(clock_now() >= due);
    *(int *)argument = 1;
}

static void spurious_wake_does_not_shorten_wait_until(void **state)
{
    struct worker *w = *state;
    int done = 0;
    struct fiber *f = start(w, sleep_until, &done);

    pass(w);
    wake(f);
    pass(w);
    wake(f);
    pass(w);
    turn_until(w, &done);
}

static void wait_with_growing_deadlines(void *argument)
{
    int64_t end = clock_now() + 30 * CLOCK_SECOND;

    for (int i = 0; i < 5; i++)
        assert_int_equal(wait_wake(end + i * CLOCK_SECOND), CURLE_OK);
    /* Much later than the armed timer, which fires and is armed again for it. */
    *(int64_t *)argument = clock_now() + 2 * CLOCK_MS;
    assert_int_equal(wait_wake(*(int64_t *)argument), CURLE_OPERATION_TIMEDOUT);
    *(int64_t *)argument = 0;
}

static void later_deadline_leaves_the_timer_where_it_is(void **state)
{
    struct worker *w = *state;
    int64_t deadline = -1;
    struct fiber *f = start(w, wait_with_growing_deadlines, &deadline);
    int64_t armed;

    pass(w);
    armed = timers_next(&w->timers);
    for (int i = 0; i < 4; i++) {
        wake(f);
        pass(w);
        assert_true(timers_next(&w->timers) == armed);
        assert_int_equal(w->timers.count, 1);
    }
    wake(f);
    pass(w);
    assert_true(timers_next(&w->timers) == deadline); /* an earlier one moves it */
    while (deadline)
        worker_turn(w, far());
    assert_int_equal(w->timers.count, 0);
}

static void wait_long_after_short(void *argument)
{
    int64_t first = clock_now() + CLOCK_MS, second = first + 3 * CLOCK_MS;

    assert_int_equal(wait_wake(first), CURLE_OK);
    assert_int_equal(wait_wake(second), CURLE_OPERATION_TIMEDOUT);
    assert_true(clock_now() >= second);
    *(int *)argument = 1;
}

static void timer_that_fires_early_is_armed_again(void **state)
{
    struct worker *w = *state;
    int done = 0;
    struct fiber *f = start(w, wait_long_after_short, &done);

    pass(w);
    wake(f);
    pass(w);
    turn_until(w, &done);
}

static void woken_after_timeout(void *argument)
{
    *(CURLcode *)argument = wait_wake(0);
}

static void wake_before_the_fiber_runs_beats_its_timeout(void **state)
{
    struct worker *w = *state;
    CURLcode result = CURLE_FAILED_INIT;
    struct fiber *f = start(w, woken_after_timeout, &result);

    pass(w); /* parks; its timer fires in this pass */
    assert_false(list_empty(&w->ready));
    wake(f);
    pass(w);
    assert_int_equal(result, CURLE_OK);
}

struct queuer {
    struct condition *condition;
    int number;
    int64_t deadline;
    CURLcode result;
};

static void queue_up(void *argument)
{
    struct queuer *q = argument;

    q->result = wait_on(q->condition, q->deadline);
    order[order_count++] = q->number;
}

static void condition_wakes_in_order_then_all(void **state)
{
    struct worker *w = *state;
    struct condition c;
    struct queuer q[4];

    condition_init(&c);
    for (int i = 0; i < 4; i++) {
        q[i] = (struct queuer){.condition = &c, .number = i, .deadline = CLOCK_NEVER};
        start(w, queue_up, &q[i]);
    }
    pass(w);
    worker_set_current(w);
    condition_signal(&c);
    worker_set_current(NULL);
    pass(w);
    assert_int_equal(order_count, 1);
    assert_int_equal(order[0], 0);
    worker_set_current(w);
    condition_broadcast(&c);
    condition_signal(&c); /* nobody there */
    worker_set_current(NULL);
    pass(w);
    assert_int_equal(order_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(order[i], i);
        assert_int_equal(q[i].result, CURLE_OK);
    }
}

static void condition_times_out_and_leaves_the_queue(void **state)
{
    struct worker *w = *state;
    struct condition c;
    struct queuer q = {.condition = &c, .deadline = clock_now() + CLOCK_MS};

    condition_init(&c);
    start(w, queue_up, &q);
    turn_until(w, &order_count);
    assert_int_equal(q.result, CURLE_OPERATION_TIMEDOUT);
    assert_true(list_empty(&c.waiters));
}

static void signal_given_to_a_cancelled_fiber_counts(void **state)
{
    struct worker *w = *state;
    struct condition c;
    struct queuer q = {.condition = &c, .deadline = CLOCK_NEVER};
    struct fiber *f;

    condition_init(&c);
    f = start(w, queue_up, &q);
    pass(w);
    worker_set_current(w);
    condition_signal(&c);
    fiber_cancel(f);
    worker_set_current(NULL);
    pass(w);
    assert_int_equal(q.result, CURLE_OK);
}

/* Reads until the end, trying first. */
static void read_all(void *argument)
{
    struct line *l = argument;
    ssize_t n = 1;

    assert_int_equal(watch_open(&l->watch, l->ends[0]), CURLE_OK);
    while (n && !l->result) {
        n = read(l->ends[0], l->bytes + l->got, sizeof(l->bytes) - l->got);
        if (n >= 0) {
            l->got += (size_t)n;
            continue;
        }
        watch_blocked(&l->watch, WAIT_READ);
        l->result = wait_fd(&l->watch, WAIT_READ, far());
    }
    watch_close(&l->watch);
    l->done = 1;
}

static void bytes_and_hangup_wake_a_reader(void **state)
{
    struct worker *w = *state;
    struct line l;

    line_open(&l);
    start(w, read_all, &l);
    worker_turn(w, 0);
    assert_int_equal(write(l.ends[1], "one", 3), 3);
    worker_turn(w, far());
    assert_int_equal(l.got, 3);
    assert_int_equal(write(l.ends[1], "two", 3), 3);
    worker_turn(w, far());
    assert_int_equal(l.got, 6);
    assert_false(l.watch.hangup);
    close(l.ends[1]);
    l.ends[1] = -1;
    turn_until(w, &l.done);
    assert_int_equal(l.result, CURLE_OK);
    assert_true(l.watch.hangup);
    assert_memory_equal(l.bytes, "onetwo", 6);
    line_close(&l);
}

static void wait_with_deadline(void *argument)
{
    struct line *l = argument;

    assert_int_equal(watch_open(&l->watch, l->ends[0]), CURLE_OK);
    watch_blocked(&l->watch, WAIT_READ);
    l->result = wait_fd(&l->watch, WAIT_READ, clock_now() + 2 * CLOCK_MS);
    watch_close(&l->watch);
    l->done = 1;
}

static void silent_descriptor_times_out(void **state)
{
    struct line l;

    line_open(&l);
    start(*state, wait_with_deadline, &l);
    turn_until(*state, &l.done);
    assert_int_equal(l.result, CURLE_OPERATION_TIMEDOUT);
    line_close(&l);
}

static void fill_then_wait_to_write(void *argument)
{
    static char block[4096];
    struct line *l = argument;

    assert_int_equal(watch_open(&l->watch, l->ends[0]), CURLE_OK);
    while (write(l->ends[0], block, sizeof(block)) > 0)
        l->got++;
    watch_blocked(&l->watch, WAIT_WRITE);
    l->result = wait_fd(&l->watch, WAIT_WRITE, far());
    assert_true(write(l->ends[0], block, 1) == 1);
    watch_close(&l->watch);
    l->done = 1;
}

static void full_descriptor_wakes_its_writer_when_it_is_drained(void **state)
{
    struct worker *w = *state;
    char block[4096];
    struct line l;

    line_open(&l);
    start(w, fill_then_wait_to_write, &l);
    worker_turn(w, 0);
    worker_turn(w, 0);
    assert_true(l.got > 0);
    assert_false(l.done);
    while (read(l.ends[1], block, sizeof(block)) > 0)
        ;
    turn_until(w, &l.done);
    assert_int_equal(l.result, CURLE_OK);
    line_close(&l);
}

static void open_and_park(void *argument)
{
    struct line *l = argument;

    assert_int_equal(watch_open(&l->watch, l->ends[0]), CURLE_OK);
    watch_blocked(&l->watch, WAIT_READ);
    l->result = wait_fd(&l->watch, WAIT_READ, CLOCK_NEVER);
    order[order_count++] = 1;
    watch_close(&l->watch);
}

/* The kernel reports writable with the registration; a reader is not woken by that. */
static void reader_sleeps_through_writable(void **state)
{
    struct worker *w = *state;
    struct line l;

    line_open(&l);
    start(w, open_and_park, &l);
    pass(w);
    worker_set_current(w);
    worker_poll(w, 0);
    worker_set_current(NULL);
    assert_int_equal(w->event_count, 1);
    assert_true(list_empty(&w->ready));
    assert_int_equal(order_count, 0);
    assert_int_equal(l.watch.ready, WAIT_WRITE);
    worker_free_inline(w);
    assert_int_equal(l.result, CURLE_ABORTED_BY_CALLBACK);
    line_close(&l);
    *state = NULL;
}

struct side {
    struct line *line;
    unsigned direction;
    int number;
};

static void wait_on_side(void *argument)
{
    struct side *side = argument;

    side->line->result |= wait_fd(&side->line->watch, side->direction, far());
    order[order_count++] = side->number;
}

static void open_blocked(void *argument)
{
    static char block[4096];
    struct line *l = argument;

    assert_int_equal(watch_open(&l->watch, l->ends[0]), CURLE_OK);
    while (write(l->ends[0], block, sizeof(block)) > 0)
        ;
}

/* One fiber receives while another sends; each is woken by its own direction. */
static void reader_and_writer_wait_on_one_descriptor(void **state)
{
    struct worker *w = *state;
    char block[4096];
    struct line l;
    struct side sides[] = {
        {&l, WAIT_READ,  1},
        {&l, WAIT_WRITE, 2}
    };

    line_open(&l);
    start(w, open_blocked, &l);
    worker_turn(w, 0);
    watch_blocked(&l.watch, WAIT_READ | WAIT_WRITE);
    start(w, wait_on_side, &sides[0]);
    start(w, wait_on_side, &sides[1]);
    worker_turn(w, 0);
    assert_int_equal(order_count, 0);
    assert_int_equal(write(l.ends[1], "x", 1), 1);
    worker_turn(w, far());
    assert_int_equal(order_count, 1);
    assert_int_equal(order[0], 1);
    while (read(l.ends[1], block, sizeof(block)) > 0)
        ;
    worker_turn(w, far());
    assert_int_equal(order_count, 2);
    assert_int_equal(order[1], 2);
    assert_int_equal(l.result, CURLE_OK);
    worker_set_current(w);
    watch_close(&l.watch);
    worker_set_current(NULL);
    line_close(&l);
}

static struct line pair[2];
static int events_seen;

/* Whichever comes first closes both. */
static void close_both(struct watch *watch, void *argument)
{
    (void)watch;
    (void)argument;
    events_seen++;
    watch_close(&pair[0].watch);
    watch_close(&pair[1].watch);
    memset(&pair[0].watch, 0xee, sizeof(pair[0].watch));
    memset(&pair[1].watch, 0xee, sizeof(pair[1].watch));
}

static void open_both(void *argument)
{
    (void)argument;
    for (int i = 0; i < 2; i++) {
        pair[i].watch.on_event = close_both;
        assert_int_equal(watch_open(&pair[i].watch, pair[i].ends[0]), CURLE_OK);
    }
}

static void fetched_event_of_a_closed_watch_is_forgotten(void **state)
{
    struct worker *w = *state;

    events_seen = 0;
    line_open(&pair[0]);
    line_open(&pair[1]);
    start(w, open_both, NULL);
    pass(w);
    assert_int_equal(write(pair[0].ends[1], "x", 1), 1);
    assert_int_equal(write(pair[1].ends[1], "x", 1), 1);
    worker_turn(w, far());
    assert_int_equal(w->event_count, 2);
    assert_int_equal(events_seen, 1);
    worker_turn(w, 0);
    assert_int_equal(events_seen, 1);
    line_close(&pair[0]);
    line_close(&pair[1]);
}

static void detach_other(struct watch *watch, void *argument)
{
    struct watch *other = argument;

    (void)watch;
    events_seen++;
    watch_detach(other);
    watch_retire(other);
    memset(other, 0xee, sizeof(*other));
}

static void open_and_detach(void *argument)
{
    (void)argument;
    for (int i = 0; i < 2; i++) {
        pair[i].watch.on_event = detach_other;
        pair[i].watch.argument = &pair[1 - i].watch;
        assert_int_equal(watch_open(&pair[i].watch, pair[i].ends[0]), CURLE_OK);
    }
}

static void reopen_both(void *argument)
{
    (void)argument;
    for (int i = 0; i < 2; i++) {
        struct watch again = {0};

        /* The one that was detached can be registered anew, the other is still. */
        events_seen += watch_open(&again, pair[i].ends[0]) == CURLE_OK ? 10 : 0;
        watch_close(&again);
    }
}

static void detached_watch_is_out_of_epoll_and_its_event_forgotten(void **state)
{
    struct worker *w = *state;

    events_seen = 0;
    line_open(&pair[0]);
    line_open(&pair[1]);
    start(w, open_and_detach, NULL);
    pass(w);
    worker_turn(w, far());
    assert_int_equal(w->event_count, 2);
    assert_int_equal(events_seen, 1);
    start(w, reopen_both, NULL);
    pass(w);
    assert_int_equal(events_seen, 11);
    line_close(&pair[0]);
    line_close(&pair[1]);
}

static void open_regular_file(void *argument)
{
    struct watch watch = {0};
    char path[] = "/proc/self/exe";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    *(CURLcode *)argument = watch_open(&watch, fileno(file));
    assert_null(watch.worker);
    watch_close(&watch);
    fclose(file);
}

static void descriptor_that_epoll_refuses_is_an_error(void **state)
{
    CURLcode result = CURLE_OK;

    start(*state, open_regular_file, &result);
    pass(*state);
    assert_int_equal(result, CURLE_FAILED_INIT);
}

static void take_turns(void *argument)
{
    for (int i = 0; i < 3; i++) {
        order[order_count++] = *(int *)argument;
        assert_int_equal(wait_turn(), CURLE_OK);
    }
}

static void wait_turn_lets_the_others_run(void **state)
{
    struct worker *w = *state;
    int a = 1, b = 2;

    start(w, take_turns, &a);
    start(w, take_turns, &b);
    for (int i = 0; i < 4; i++)
        pass(w);
    assert_int_equal(order_count, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(order[i], 1 + i % 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, without_worker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wait_ends_at_its_deadline),
        CASE(deadline_in_the_past_ends_at_once),
        CASE(spurious_wake_does_not_shorten_wait_until),
        CASE(later_deadline_leaves_the_timer_where_it_is),
        CASE(timer_that_fires_early_is_armed_again),
        CASE(wake_before_the_fiber_runs_beats_its_timeout),
        CASE(condition_wakes_in_order_then_all),
        CASE(condition_times_out_and_leaves_the_queue),
        CASE(signal_given_to_a_cancelled_fiber_counts),
        CASE(bytes_and_hangup_wake_a_reader),
        CASE(silent_descriptor_times_out),
        CASE(full_descriptor_wakes_its_writer_when_it_is_drained),
        CASE(reader_sleeps_through_writable),
        CASE(reader_and_writer_wait_on_one_descriptor),
        CASE(detached_watch_is_out_of_epoll_and_its_event_forgotten),
        CASE(fetched_event_of_a_closed_watch_is_forgotten),
        CASE(descriptor_that_epoll_refuses_is_an_error),
        CASE(wait_turn_lets_the_others_run),
    };

    return cmocka_run_group_tests_name("runtime/wait", tests, NULL, NULL);
}
