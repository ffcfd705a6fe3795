/* SPDX-License-Identifier: MIT */
/* Grants between threads: a store under a lock, fibers that queue for it, a thread that grants. */
#include "support.h"

#include "base/lock.h"
#include "runtime/workers.h"

#include <pthread.h>

enum { FIBERS = 40, ROUNDS = 100 };

static struct lock store_lock = LOCK_INITIALIZER(LOCK_POOL);
static struct list store;
static atomic_int granted, timed_out, ended, grants_given, stop_granting;
static int64_t patience;

static void grant_one(void)
{
    struct list_link *link;

    lock_take(&store_lock);
    link = list_take_first(&store);
    lock_drop(&store_lock);
    if (!link)
        return;
    atomic_fetch_add(&grants_given, 1);
    waiter_grant(CONTAINER_OF(link, struct waiter, link));
}

static void *grant_many(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop_granting))
        grant_one();
    return NULL;
}

static void give_up(struct waiter *w)
{
    bool queued;

    lock_take(&store_lock);
    queued = list_linked(&w->link);
    list_remove(&w->link);
    lock_drop(&store_lock);
    if (queued) {
        waiter_release(w);
        atomic_fetch_add(&timed_out, 1);
    } else {
        waiter_settle(w);
        atomic_fetch_add(&granted, 1);
    }
}

static void queue_up(void *argument)
{
    struct waiter w;

    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        assert_true(waiter_init(&w));
        lock_take(&store_lock);
        list_append(&store, &w.link);
        lock_drop(&store_lock);
        if (wait_for_grant(&w, clock_after(clock_now(), patience)) == CURLE_OK)
            atomic_fetch_add(&granted, 1);
        else
            give_up(&w);
        assert_null(w.post);
        assert_false(list_linked(&w.link));
    }
    atomic_fetch_add(&ended, 1);
}

struct start_post {
    struct worker_post post;
    fiber_main *main;
};

static void start_arrived(struct worker_post *p, struct worker *w)
{
    struct start_post *s = CONTAINER_OF(p, struct start_post, post);
    struct fiber *f;

    assert_int_equal(fiber_start(w, s->main, NULL, &f), CURLE_OK);
}

static void race(int64_t its_patience)
{
    struct start_post posts[FIBERS];
    struct worker *workers[FIBERS];
    pthread_t granter;

    list_init(&store);
    granted = timed_out = ended = grants_given = stop_granting = 0;
    patience = its_patience;
    workers_set_max(2);
    for (int i = 0; i < FIBERS; i++) {
        posts[i] = (struct start_post){.post.deliver = start_arrived, .main = queue_up};
        workers[i] = workers_take(true);
        assert_non_null(workers[i]);
        worker_post(workers[i], &posts[i].post);
    }
    assert_int_equal(pthread_create(&granter, NULL, grant_many, NULL), 0);
    while (atomic_load(&ended) < FIBERS)
        sched_yield();
    stop_granting = 1;
    pthread_join(granter, NULL);
    assert_int_equal(granted, grants_given);
    assert_int_equal(granted + timed_out, FIBERS * ROUNDS);
    assert_true(list_empty(&store));
    for (int i = 0; i < FIBERS; i++)
        workers_done(workers[i], true);
    workers_stop();
    workers_set_max(0);
}

static void every_waiter_is_granted_when_it_is_patient(void **state)
{
    (void)state;
    race(60 * CLOCK_SECOND);
    assert_int_equal(timed_out, 0);
}

static void grant_and_timeout_race_and_one_of_them_wins(void **state)
{
    (void)state;
    race(50);
}

static int inline_done;
static struct waiter *inline_waiter;
static pthread_mutex_t inline_mutex = PTHREAD_MUTEX_INITIALIZER;

static void wait_inline(void *argument)
{
    struct waiter w;

    (void)argument;
    assert_true(waiter_init(&w));
    pthread_mutex_lock(&inline_mutex);
    inline_waiter = &w;
    pthread_mutex_unlock(&inline_mutex);
    assert_int_equal(wait_for_grant(&w, far()), CURLE_OK);
    waiter_release(&w);
    inline_done = 1;
}

static void *grant_inline(void *argument)
{
    struct waiter *w = NULL;

    (void)argument;
    while (!w) {
        pthread_mutex_lock(&inline_mutex);
        w = inline_waiter;
        pthread_mutex_unlock(&inline_mutex);
    }
    waiter_grant(w);
    return NULL;
}

/* The grant ends the fiber, and with it the worker, while the granting thread is still at it. */
static void granting_thread_may_outlive_the_worker(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct worker *w = worker_new_inline();
        pthread_t granter;

        inline_done = 0;
        inline_waiter = NULL;
        start(w, wait_inline, NULL);
        assert_int_equal(pthread_create(&granter, NULL, grant_inline, NULL), 0);
        turn_until(w, &inline_done);
        worker_free_inline(w);
        pthread_join(granter, NULL);
    }
}

static void try_without_memory(void *argument)
{
    struct waiter w;

    memory_left = 0;
    assert_false(waiter_init(&w));
    memory_left = -1;
    *(int *)argument = 1;
}

static void waiter_without_memory_is_refused(void **state)
{
    int done = 0;

    start(*state, try_without_memory, &done);
    turn_until(*state, &done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_waiter_is_granted_when_it_is_patient),
        cmocka_unit_test(grant_and_timeout_race_and_one_of_them_wins),
        cmocka_unit_test(granting_thread_may_outlive_the_worker),
        cmocka_unit_test_setup_teardown(waiter_without_memory_is_refused, with_worker,
                                        without_worker),
    };

    use_short_memory();
    return cmocka_run_group_tests_name("runtime/waiter", tests, NULL, NULL);
}
