/* SPDX-License-Identifier: MIT */
/* A blocking call on a thread of its own: waited for, or left behind. */
#include "support.h"

#include "runtime/errand.h"

#include <pthread.h>
#include <semaphore.h>

struct task {
    sem_t started, go;
    pthread_t thread;
    atomic_int worked, released;
    int64_t deadline;
    CURLcode result;
    int over;
};

static void work(void *argument)
{
    struct task *t = argument;

    t->thread = pthread_self();
    sem_post(&t->started);
    sem_wait(&t->go);
    atomic_fetch_add(&t->worked, 1);
}

static void release(void *argument)
{
    struct task *t = argument;

    atomic_fetch_add(&t->released, 1);
}

static void run(void *argument)
{
    struct task *t = argument;

    t->result = errand_run(work, release, t, t->deadline);
    t->over = 1;
}

static void task_init(struct task *t)
{
    *t = (struct task){.deadline = CLOCK_NEVER};
    sem_init(&t->started, 0, 0);
    sem_init(&t->go, 0, 0);
}

static void wait_until_set(atomic_int *flag)
{
    int64_t end = far();

    while (!atomic_load(flag) && clock_now() < end)
        sched_yield();
    assert_int_equal(atomic_load(flag), 1);
}

static void work_runs_elsewhere_while_the_fiber_waits(void **state)
{
    struct task t;

    task_init(&t);
    start(*state, run, &t);
    pass(*state);
    sem_wait(&t.started);
    pass(*state);
    assert_int_equal(t.over, 0);
    sem_post(&t.go);
    turn_until(*state, &t.over);
    assert_int_equal(t.result, CURLE_OK);
    assert_int_equal(t.worked, 1);
    assert_int_equal(t.released, 0);
    assert_false(pthread_equal(t.thread, pthread_self()));
}

static void cancelled_wait_leaves_the_work_behind(void **state)
{
    struct fiber *fiber;
    struct task t;

    task_init(&t);
    fiber = start(*state, run, &t);
    pass(*state);
    sem_wait(&t.started);
    cancel(fiber);
    turn_until(*state, &t.over);
    assert_int_equal(t.result, CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(t.released, 0); /* it is in use */
    sem_post(&t.go);
    wait_until_set(&t.released);
    assert_int_equal(t.worked, 1);
}

static void wait_ends_with_its_deadline(void **state)
{
    struct task t;

    task_init(&t);
    t.deadline = clock_now();
    start(*state, run, &t);
    turn_until(*state, &t.over);
    assert_int_equal(t.result, CURLE_OPERATION_TIMEDOUT);
    sem_post(&t.go);
    wait_until_set(&t.released);
}

static void without_memory_the_argument_is_released(void **state)
{
    for (int left = 0; left < 2; left++) {
        struct task t;

        task_init(&t);
        start(*state, run, &t);
        memory_left = left;
        turn_until(*state, &t.over);
        memory_left = -1;
        assert_int_equal(t.result, CURLE_OUT_OF_MEMORY);
        assert_int_equal(t.released, 1);
        assert_int_equal(t.worked, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(work_runs_elsewhere_while_the_fiber_waits, with_worker,
                                        without_worker),
        cmocka_unit_test_setup_teardown(cancelled_wait_leaves_the_work_behind, with_worker,
                                        without_worker),
        cmocka_unit_test_setup_teardown(wait_ends_with_its_deadline, with_worker, without_worker),
        cmocka_unit_test_setup_teardown(without_memory_the_argument_is_released, with_worker,
                                        without_worker),
    };

    use_short_memory(); /* before there are threads that use it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
