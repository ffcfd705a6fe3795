/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <fenv.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int order[16];
static int order_count;

static int begin(void **state)
{
    order_count = 0;
    memory_left = -1;
    return with_worker(state);
}

static void note(void *argument)
{
    order[order_count++] = *(int *)argument;
}

static void park_then_note(void *argument)
{
    assert_int_equal(wait_wake(CLOCK_NEVER), CURLE_OK);
    note(argument);
}

static void fibers_run_in_the_next_pass_in_order_of_start(void **state)
{
    struct worker *w = *state;
    int numbers[] = {1, 2, 3};

    for (int i = 0; i < 3; i++)
        start(w, note, &numbers[i]);
    assert_int_equal(order_count, 0);
    assert_int_equal(worker_fibers(w), 3);
    assert_int_equal(worker_next_due(w), 0);
    pass(w);
    assert_int_equal(order_count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(order[i], numbers[i]);
    assert_int_equal(worker_fibers(w), 0);
    assert_null(fiber_current());
}

static void start_inner(void *argument)
{
    struct fiber *inner;

    assert_int_equal(fiber_start(worker_current(), note, argument, &inner), CURLE_OK);
    assert_ptr_not_equal(inner, fiber_current());
    assert_int_equal(order_count, 0);
}

static void fiber_started_by_a_fiber_runs_in_the_pass_after(void **state)
{
    struct worker *w = *state;
    int number = 7;

    start(w, start_inner, &number);
    pass(w);
    assert_int_equal(order_count, 0);
    pass(w);
    assert_int_equal(order_count, 1);
}

static void woken_fiber_is_queued_once(void **state)
{
    struct worker *w = *state;
    int numbers[] = {1, 2};
    struct fiber *a = start(w, park_then_note, &numbers[0]);
    struct fiber *b = start(w, park_then_note, &numbers[1]);

    wake(a); /* queued already */
    pass(w);
    assert_int_equal(order_count, 0);
    wake(b);
    wake(a);
    wake(b);
    pass(w);
    assert_int_equal(order_count, 2);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 1);
}

static void wake_self(void *argument)
{
    fiber_wake(fiber_current());
    assert_int_equal(wait_wake(clock_now() + CLOCK_MS), CURLE_OPERATION_TIMEDOUT);
    *(int *)argument = 1;
}

static void wake_of_the_running_fiber_is_nothing(void **state)
{
    int done = 0;

    start(*state, wake_self, &done);
    turn_until(*state, &done);
}

/* Every wait that can be cancelled. */
struct waiting {
    const char *name;
    CURLcode (*wait)(struct waiting *);
    CURLcode result, again;
    struct waiter waiter;
    struct condition condition;
    struct watch watch;
    int ends[2];
};

static CURLcode in_wake(struct waiting *w)
{
    (void)w;
    return wait_wake(CLOCK_NEVER);
}

static CURLcode in_until(struct waiting *w)
{
    (void)w;
    return wait_until(far());
}

static CURLcode in_turn(struct waiting *w)
{
    CURLcode result = CURLE_OK;

    (void)w;
    while (!result)
        result = wait_turn();
    return result;
}

static CURLcode in_condition(struct waiting *w)
{
    return wait_on(&w->condition, CLOCK_NEVER);
}

static CURLcode in_fd(struct waiting *w)
{
    CURLcode result;

    assert_int_equal(watch_open(&w->watch, w->ends[0]), CURLE_OK);
    watch_blocked(&w->watch, WAIT_READ | WAIT_WRITE);
    result = wait_fd(&w->watch, WAIT_READ, far());
    watch_close(&w->watch);
    return result;
}

static CURLcode in_grant(struct waiting *w)
{
    CURLcode result;

    assert_true(waiter_init(&w->waiter));
    result = wait_for_grant(&w->waiter, CLOCK_NEVER);
    waiter_release(&w->waiter);
    return result;
}

static void wait_twice(void *argument)
{
    struct waiting *w = argument;

    w->result = w->wait(w);
    assert_true(fiber_cancelled());
    w->again = w->wait(w);
}

static void cancelled_fiber_leaves_every_wait_and_each_one_after(void **state)
{
    static struct waiting all[] = {
        {.name = "wake",      .wait = in_wake     },
        {.name = "until",     .wait = in_until    },
        {.name = "turn",      .wait = in_turn     },
        {.name = "condition", .wait = in_condition},
        {.name = "fd",        .wait = in_fd       },
        {.name = "grant",     .wait = in_grant    },
    };
    struct worker *w = *state;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct fiber *f;

        condition_init(&all[i].condition);
        assert_int_equal(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, all[i].ends), 0);
        f = start(w, wait_twice, &all[i]);
        pass(w);
        pass(w);
        assert_int_equal(worker_fibers(w), 1);
        cancel(f);
        pass(w);
        assert_int_equal(worker_fibers(w), 0);
        assert_int_equal(all[i].result, CURLE_ABORTED_BY_CALLBACK);
        assert_int_equal(all[i].again, CURLE_ABORTED_BY_CALLBACK);
        assert_true(list_empty(&all[i].condition.waiters));
        close(all[i].ends[0]);
        close(all[i].ends[1]);
    }
}

static void wait_cancelled(void *argument)
{
    *(CURLcode *)argument = wait_wake(far());
}

static void fiber_started_on_a_stopping_worker_is_cancelled(void **state)
{
    struct worker *w = *state;
    CURLcode result = CURLE_OK;

    worker_set_current(w);
    worker_cancel_all(w);
    worker_set_current(NULL);
    start(w, wait_cancelled, &result);
    pass(w);
    assert_int_equal(result, CURLE_ABORTED_BY_CALLBACK);
}

static void wait_deaf(void *argument)
{
    int *woken = argument;

    while (!*woken)
        wait_wake_uncancellable();
    *woken = 2;
}

static void uncancellable_wait_outlasts_cancellation(void **state)
{
    struct worker *w = *state;
    int woken = 0;
    struct fiber *f = start(w, wait_deaf, &woken);

    pass(w);
    cancel(f);
    assert_true(list_empty(&w->ready));
    pass(w);
    assert_int_equal(worker_fibers(w), 1);
    woken = 1;
    wake(f);
    pass(w);
    assert_int_equal(woken, 2);
}

static void park_once(void *argument)
{
    int *count = argument;

    assert_int_equal(wait_wake(CLOCK_NEVER), CURLE_OK);
    ++*count;
}

static void ten_thousand_fibers_park_and_all_wake(void **state)
{
    enum { COUNT = SWITCH_SANITIZED ? 2000 : 10000 };
    struct worker *w = *state;
    static struct fiber *fibers[COUNT];
    int count = 0;

    for (int i = 0; i < COUNT; i++)
        fibers[i] = start(w, park_once, &count);
    pass(w);
    assert_int_equal(worker_fibers(w), COUNT);
    assert_int_equal(count, 0);
    for (int i = 0; i < COUNT; i++)
        wake(fibers[i]);
    pass(w);
    assert_int_equal(count, COUNT);
    assert_int_equal(worker_fibers(w), 0);
}

/* By the unit that calculates with doubles, which fegetround() need not look at. A conversion, for
 * valgrind heeds the mode in nothing else. */
static bool rounds_up(void)
{
    volatile double little_more = 1.25;

    return lrint(little_more) == 2;
}

static void round_up(void *argument)
{
    (void)argument;
    fesetround(FE_UPWARD);
    assert_true(rounds_up());
    assert_int_equal(wait_turn(), CURLE_OK);
    assert_int_equal(fegetround(), FE_UPWARD);
    assert_true(rounds_up());
}

static void expect_nearest(void *argument)
{
    assert_false(rounds_up());
    *(int *)argument = fegetround();
}

static void rounding_of_one_fiber_is_not_anothers(void **state)
{
    struct worker *w = *state;
    int mode = -1;

    start(w, round_up, NULL);
    start(w, expect_nearest, &mode);
    pass(w);
    assert_int_equal(mode, FE_TONEAREST);
    assert_int_equal(fegetround(), FE_TONEAREST);
    assert_false(rounds_up());
    pass(w);
    assert_int_equal(worker_fibers(w), 0);
}

static __attribute__((noinline)) void deep(int depth, char *sum)
{
    volatile char frame[1000];

    memset((char *)(uintptr_t)frame, depth, sizeof(frame));
    if (depth)
        deep(depth - 1, sum);
    *sum = (char)(*sum + frame[depth]);
}

static void use_forty_kilobytes(void *argument)
{
    deep(40, argument);
    assert_int_equal(wait_turn(), CURLE_OK);
    deep(40, argument);
}

static void stack_holds_forty_kilobytes(void **state)
{
    struct worker *w = *state;
    char sum = 0;

    start(w, use_forty_kilobytes, &sum);
    pass(w);
    pass(w);
    assert_int_equal(worker_fibers(w), 0);
}

static void dive_and_park(void *argument)
{
    char mine[300];

    memset(mine, 'm', sizeof(mine));
    deep(40, argument);
    assert_int_equal(wait_wake(CLOCK_NEVER), CURLE_OK);
    for (size_t i = 0; i < sizeof(mine); i++)
        assert_int_equal(mine[i], 'm');
    deep(40, argument);
    order_count++;
}

/* Pages of the stack that are in memory. */
static int pages_in_use(const struct stack *s)
{
    unsigned char resident[STACK_SIZE / 4096];
    uintptr_t low = ((uintptr_t)s->low + 4095) & ~(uintptr_t)4095;
    int count = 0;

    assert_int_equal(mincore((void *)low, STACK_SIZE, resident), 0);
    for (size_t i = 0; i < sizeof(resident); i++)
        count += resident[i] & 1;
    return count;
}

static void fiber_that_rests_gives_back_what_lies_below(void **state)
{
    struct worker *w = *state;
    char sum = 0;
    struct fiber *f = start(w, dive_and_park, &sum);

    pass(w);
    if (!SWITCH_SANITIZED)
        assert_true(pages_in_use(f->stack) >= 10);
    assert_true(fibers_thin(w)); /* seen */
    if (!SWITCH_SANITIZED)
        assert_true(pages_in_use(f->stack) >= 10);
    assert_false(fibers_thin(w));
    if (!SWITCH_SANITIZED)
        assert_true(pages_in_use(f->stack) <= 2);
    wake(f);
    pass(w);
    assert_int_equal(order_count, 1);
}

static void fiber_without_memory_is_refused_and_leaves_nothing(void **state)
{
    struct worker *w = *state;
    struct fiber *f;

    memory_left = 0;
    worker_set_current(w);
    assert_int_equal(fiber_start(w, note, NULL, &f), CURLE_OUT_OF_MEMORY);
    worker_set_current(NULL);
    memory_left = -1;
    assert_int_equal(worker_fibers(w), 0);
    assert_int_equal(w->timers.reserved, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, without_worker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(fibers_run_in_the_next_pass_in_order_of_start),
        CASE(fiber_started_by_a_fiber_runs_in_the_pass_after),
        CASE(woken_fiber_is_queued_once),
        CASE(wake_of_the_running_fiber_is_nothing),
        CASE(cancelled_fiber_leaves_every_wait_and_each_one_after),
        CASE(fiber_started_on_a_stopping_worker_is_cancelled),
        CASE(uncancellable_wait_outlasts_cancellation),
        CASE(ten_thousand_fibers_park_and_all_wake),
        CASE(rounding_of_one_fiber_is_not_anothers),
        CASE(stack_holds_forty_kilobytes),
        CASE(fiber_that_rests_gives_back_what_lies_below),
        CASE(fiber_without_memory_is_refused_and_leaves_nothing),
    };

    use_short_memory();
    return cmocka_run_group_tests_name("runtime/fiber", tests, NULL, NULL);
}
