/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "runtime/timers.h"

enum { MANY = 500 };

struct alarm {
    struct timer timer;
    int fired;
};

static struct timers *queue;
static int64_t last_due;
static int fired_count;

static void ring(struct timer *timer)
{
    struct alarm *a = CONTAINER_OF(timer, struct alarm, timer);

    assert_int_equal(timer->place, 0);
    assert_true(timer->due >= last_due);
    last_due = timer->due;
    a->fired++;
    fired_count++;
}

static void ring_again_now(struct timer *timer)
{
    fired_count++;
    assert_true(timer_arm(queue, timer, 0));
}

static int begin(void **state)
{
    static struct timers timers;

    timers = (struct timers){0};
    queue = &timers;
    *state = queue;
    last_due = 0;
    fired_count = 0;
    memory_left = -1;
    return 0;
}

static int end(void **state)
{
    timers_release(*state);
    return 0;
}

static void many_timers_fire_in_order_of_time(void **state)
{
    struct alarm alarms[MANY] = {0};
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        seed = seed * 1103515245 + 12345;
        alarms[i].timer.fire = ring;
        assert_true(timer_arm(queue, &alarms[i].timer, 1 + (int64_t)(seed >> 16) % 1000));
    }
    /* Some move, some go. */
    for (int i = 0; i < MANY; i += 3) {
        seed = seed * 1103515245 + 12345;
        assert_true(timer_arm(queue, &alarms[i].timer, 1 + (int64_t)(seed >> 16) % 1000));
    }
    for (int i = 1; i < MANY; i += 3)
        timer_disarm(queue, &alarms[i].timer);
    timers_run(queue, 500);
    assert_true(timers_next(queue) > 500);
    timers_run(queue, 1000);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(alarms[i].fired, i % 3 == 1 ? 0 : 1);
    assert_true(timers_next(queue) == CLOCK_NEVER);
}

static void disarmed_timer_does_not_fire(void **state)
{
    struct alarm a = {.timer.fire = ring};

    (void)state;
    assert_true(timer_arm(queue, &a.timer, 10));
    timer_disarm(queue, &a.timer);
    timer_disarm(queue, &a.timer);
    timers_run(queue, 100);
    assert_int_equal(a.fired, 0);
}

static void timer_is_moved_earlier_and_later(void **state)
{
    struct alarm a = {.timer.fire = ring}, b = {.timer.fire = ring};

    (void)state;
    assert_true(timer_arm(queue, &a.timer, 10));
    assert_true(timer_arm(queue, &b.timer, 20));
    assert_true(timer_arm(queue, &a.timer, 30));
    assert_true(timers_next(queue) == 20);
    assert_true(timer_arm(queue, &a.timer, 5));
    assert_true(timers_next(queue) == 5);
}

static void timer_armed_again_for_the_past_cannot_hold_the_worker(void **state)
{
    struct timer t = {.fire = ring_again_now};

    (void)state;
    assert_true(timer_arm(queue, &t, 0));
    timers_run(queue, 100);
    assert_int_equal(fired_count, 1);
    assert_true(timers_next(queue) == 0);
}

static void reserved_timer_is_armed_without_memory(void **state)
{
    struct alarm kept[20], other[200];
    int armed = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        kept[i] = (struct alarm){.timer.fire = ring};
        assert_true(timers_reserve(queue));
    }
    memory_left = 0;
    for (int i = 0; i < 200; i++) {
        other[i] = (struct alarm){.timer.fire = ring};
        armed += timer_arm(queue, &other[i].timer, 7);
        memory_left = 0;
    }
    assert_in_range(armed, 0, 199);
    for (int i = 0; i < 20; i++)
        timer_arm_reserved(queue, &kept[i].timer, 5);
    assert_false(timers_reserve(queue));
    timers_run(queue, 10);
    assert_int_equal(fired_count, armed + 20);
    for (int i = 0; i < 20; i++)
        timers_unreserve(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_timers_fire_in_order_of_time, begin, end),
        cmocka_unit_test_setup_teardown(disarmed_timer_does_not_fire, begin, end),
        cmocka_unit_test_setup_teardown(timer_is_moved_earlier_and_later, begin, end),
        cmocka_unit_test_setup_teardown(timer_armed_again_for_the_past_cannot_hold_the_worker,
                                        begin, end),
        cmocka_unit_test_setup_teardown(reserved_timer_is_armed_without_memory, begin, end),
    };

    use_short_memory();
    return cmocka_run_group_tests_name("runtime/timers", tests, NULL, NULL);
}
