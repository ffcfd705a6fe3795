/* SPDX-License-Identifier: MIT */
/* The pool: growth, stop, threads, fork, exit. Links with --wrap=pthread_create. */
#include "support.h"

#include "runtime/fork_guard.h"
#include "runtime/spare.h"
#include "runtime/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int parked, cancelled, threads_refused;

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *argument)
{
    if (atomic_load(&threads_refused))
        return EAGAIN;
    return __real_pthread_create(thread, attributes, main, argument);
}

/* ThreadSanitizer's runtime asks: a child of fork does start threads here. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0";
}

static int begin(void **state)
{
    (void)state;
    parked = cancelled = 0;
    atomic_store(&threads_refused, 0);
    workers_set_max(2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    workers_stop();
    return workers_running();
}

struct job {
    struct worker_post post;
    fiber_main *main;
};

static void job_arrived(struct worker_post *p, struct worker *w)
{
    struct job *job = CONTAINER_OF(p, struct job, post);
    struct fiber *f;

    assert_int_equal(fiber_start(w, job->main, job, &f), CURLE_OK);
}

static void run_on(struct worker *w, struct job *job, fiber_main *main)
{
    *job = (struct job){.post.deliver = job_arrived, .main = main};
    worker_post(w, &job->post);
}

static void wait_for(atomic_int *count, int value)
{
    int64_t late = far();

    while (atomic_load(count) < value && clock_now() < late)
        sched_yield();
    assert_true(atomic_load(count) >= value);
}

static void park_until_cancelled(void *argument)
{
    (void)argument;
    atomic_fetch_add(&parked, 1);
    while (wait_wake(CLOCK_NEVER) != CURLE_ABORTED_BY_CALLBACK)
        ;
    atomic_fetch_add(&cancelled, 1);
}

static void pool_begins_with_one_and_light_work_stays_there(void **state)
{
    struct worker *first = workers_take(false), *w;

    (void)state;
    assert_non_null(first);
    assert_int_equal(workers_running(), 1);
    for (int i = 0; i < 20; i++) {
        w = workers_take(false);
        assert_ptr_equal(w, first);
        workers_done(w, false);
    }
    workers_done(first, false);
}

static void heavy_work_spreads_up_to_the_most(void **state)
{
    struct worker *taken[8];
    int on_first = 0;

    (void)state;
    for (int i = 0; i < 8; i++)
        taken[i] = workers_take(true);
    assert_int_equal(workers_running(), 2);
    for (int i = 0; i < 8; i++) {
        on_first += taken[i] == taken[0];
        workers_done(taken[i], true);
    }
    assert_in_range(on_first, 3, 5);
}

static atomic_int stop_spinning;

/* Instead of what the machine has to spare at the moment. */
static atomic_int spare = 1000;
int __wrap_spare_processors_look(struct spare_processors *);

int __wrap_spare_processors_look(struct spare_processors *s)
{
    (void)s;
    return atomic_load(&spare);
}

static void spin(void *argument)
{
    (void)argument;
    atomic_fetch_add(&parked, 1);
    while (!atomic_load(&stop_spinning))
        ;
}

static void busy_pool_grows(void **state)
{
    struct worker *first = workers_take(false), *other;
    int64_t late = far();
    struct job job;

    (void)state;
    atomic_store(&stop_spinning, 0);
    run_on(first, &job, spin);
    wait_for(&parked, 1);
    do {
        other = workers_take(false);
        workers_done(other, false);
    } while (other == first && clock_now() < late);
    atomic_store(&stop_spinning, 1);
    assert_ptr_not_equal(other, first);
    assert_int_equal(workers_running(), 2);
    workers_done(first, false);
}

static void busy_pool_does_not_grow_without_a_processor_to_spare(void **state)
{
    struct worker *first = workers_take(false), *other;
    int64_t late = clock_now() + 100 * CLOCK_MS;
    struct job job;

    (void)state;
    atomic_store(&spare, 0);
    atomic_store(&stop_spinning, 0);
    run_on(first, &job, spin);
    wait_for(&parked, 1);
    do {
        other = workers_take(false);
        workers_done(other, false);
    } while (clock_now() < late);
    atomic_store(&stop_spinning, 1);
    atomic_store(&spare, 1000);
    assert_ptr_equal(other, first);
    assert_int_equal(workers_running(), 1);
    workers_done(first, false);
}

static void stop_cancels_all_and_the_pool_starts_afresh(void **state)
{
    enum { JOBS = 100 };
    struct worker *taken[JOBS];
    struct job jobs[JOBS];

    (void)state;
    for (int round = 0; round < 3; round++) {
        parked = cancelled = 0;
        for (int i = 0; i < JOBS; i++) {
            taken[i] = workers_take(true);
            assert_non_null(taken[i]);
            run_on(taken[i], &jobs[i], park_until_cancelled);
        }
        /* Stopped before, in the middle of, and after their start. */
        if (round)
            wait_for(&parked, round == 1 ? 1 : JOBS);
        workers_stop();
        assert_int_equal(cancelled, JOBS);
        assert_int_equal(workers_running(), 0);
        for (int i = 0; i < JOBS; i++)
            workers_done(taken[i], true); /* after the stop: the memory is there still */
    }
}

static void local_freed(void *object)
{
    assert_non_null(worker_current());
    atomic_fetch_add((atomic_int *)object, 1);
}

static void set_local(void *argument)
{
    static const int key;

    (void)argument;
    assert_true(worker_local_set(worker_current(), &key, &cancelled, local_freed));
    atomic_fetch_add(&parked, 1);
}

static void locals_of_a_pool_worker_are_freed_by_stop(void **state)
{
    struct worker *w = workers_take(false);
    struct job job;

    (void)state;
    run_on(w, &job, set_local);
    wait_for(&parked, 1);
    workers_done(w, false);
    workers_stop();
    assert_int_equal(cancelled, 1);
}

static char seen_name[16];
static sigset_t seen_mask;

static void look_around(void *argument)
{
    (void)argument;
    pthread_sigmask(SIG_BLOCK, NULL, &seen_mask);
    atomic_fetch_add(&parked, 1);
}

static void thread_is_named_and_blocks_all_signals(void **state)
{
    struct worker *w = workers_take(false);
    sigset_t own;
    struct job job;

    (void)state;
    run_on(w, &job, look_around);
    wait_for(&parked, 1);
    assert_int_equal(pthread_getname_np(w->thread, seen_name, sizeof(seen_name)), 0);
    assert_string_equal(seen_name, "curlpool-1");
    for (int i = 1; i < 32; i++) {
        if (i != SIGKILL && i != SIGSTOP)
            assert_int_equal(sigismember(&seen_mask, i), 1);
    }
    pthread_sigmask(SIG_BLOCK, NULL, &own);
    assert_int_equal(sigismember(&own, SIGTERM), 0);
    workers_done(w, false);
}

static void no_thread_gives_no_worker_and_later_an_old_one(void **state)
{
    struct worker *first, *second;

    (void)state;
    atomic_store(&threads_refused, 1);
    assert_null(workers_take(true));
    assert_int_equal(workers_running(), 0);
    atomic_store(&threads_refused, 0);
    first = workers_take(true);
    assert_non_null(first);
    workers_done(workers_take(true), true);
    atomic_store(&threads_refused, 1);
    for (int i = 0; i < 5; i++) {
        second = workers_take(true);
        assert_ptr_equal(second, first);
    }
    assert_int_equal(workers_running(), 1);
    for (int i = 0; i < 6; i++)
        workers_done(first, true);
}

static void worker_without_memory_is_none(void **state)
{
    (void)state;
    memory_left = 0;
    assert_null(workers_take(false));
    memory_left = -1;
}

static void most_is_bounded_and_can_be_restored(void **state)
{
    (void)state;
    workers_set_max(7);
    assert_int_equal(workers_max(), 7);
    workers_set_max(100000);
    assert_int_equal(workers_max(), 256);
    workers_set_max(0);
    assert_int_equal(workers_max(), 3); /* the environment's */
}

static int exit_code_of(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        run();
        exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static struct worker *parents, *parents_inline;
static unsigned parents_generation;

/* gcc's ThreadSanitizer cannot start threads in a child whose parent has some. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
enum { CHILD_HAS_THREADS = 0 };
#else
enum { CHILD_HAS_THREADS = 1 };
#endif

static void use_pool_in_child(void)
{
    struct worker *w;
    struct job job;

    alarm(60);
    if (workers_generation() != parents_generation + 1 || workers_running() != 0)
        _exit(10);
    if (worker_is_ours(parents) || worker_is_ours(parents_inline))
        _exit(11);
    workers_done(parents, false);
    worker_free_inline(parents_inline);
    if (!CHILD_HAS_THREADS)
        _exit(0);
    parked = 0;
    w = workers_take(true);
    if (!w || workers_running() != 1)
        _exit(12);
    run_on(w, &job, park_until_cancelled);
    wait_for(&parked, 1);
    workers_stop();
    if (atomic_load(&cancelled) != 1)
        _exit(13);
    workers_done(w, true);
    _exit(0);
}

static int inline_turns;

static void park_inline(void *argument)
{
    (void)argument;
    while (wait_wake(CLOCK_NEVER) != CURLE_ABORTED_BY_CALLBACK)
        inline_turns++;
}

static void child_of_fork_has_its_own_pool_and_the_parents_goes_on(void **state)
{
    struct job jobs[2];
    struct fiber *f;

    (void)state;
    parents = workers_take(false);
    parents_inline = worker_new_inline();
    parents_generation = workers_generation();
    f = start(parents_inline, park_inline, NULL);
    worker_turn(parents_inline, 0);
    run_on(parents, &jobs[0], park_until_cancelled);
    wait_for(&parked, 1);
    assert_int_equal(exit_code_of(use_pool_in_child), 0);
    assert_int_equal(workers_generation(), parents_generation);
    run_on(parents, &jobs[1], park_until_cancelled);
    wait_for(&parked, 2);
    wake(f);
    worker_turn(parents_inline, 0);
    assert_int_equal(inline_turns, 1);
    worker_free_inline(parents_inline);
    workers_done(parents, false);
}

static struct lock guarded = LOCK_INITIALIZER(LOCK_DNS);
static int guarded_a, guarded_b;
static atomic_int stop_changing, in_child_calls;

static void *change_under_lock(void *argument)
{
    while (!atomic_load(&stop_changing)) {
        lock_take(&guarded);
        guarded_a++;
        sched_yield();
        guarded_b++;
        lock_drop(&guarded);
    }
    return argument;
}

static void note_child(struct fork_guard *guard)
{
    (void)guard;
    atomic_fetch_add(&in_child_calls, 1);
}

static void look_at_guarded(void)
{
    alarm(60);
    lock_take(&guarded);
    if (guarded_a != guarded_b || atomic_load(&in_child_calls) != 1)
        _exit(20);
    lock_drop(&guarded);
    _exit(0);
}

static void guarded_lock_is_free_in_the_child_and_its_data_whole(void **state)
{
    struct lock low;
    struct fork_guard guard = {.lock = &guarded, .in_child = note_child};
    struct fork_guard lower = {.lock = &low};
    pthread_t thread;

    (void)state;
    lock_init(&low, LOCK_SHARE);
    fork_guard_open(&guard);
    fork_guard_open(&lower);
    assert_int_equal(__real_pthread_create(&thread, NULL, change_under_lock, NULL), 0);
    for (int i = 0; i < 30; i++)
        assert_int_equal(exit_code_of(look_at_guarded), 0);
    atomic_store(&stop_changing, 1);
    pthread_join(thread, NULL);
    fork_guard_close(&guard);
    fork_guard_close(&lower);
    assert_int_equal(in_child_calls, 0);
    lock_release(&low);
}

static void exit_with_parked_fibers(void)
{
    struct job jobs[4];

    alarm(60);
    for (int i = 0; i < 4; i++)
        run_on(workers_take(true), &jobs[i], park_until_cancelled);
    exit(0);
}

static void exit_without_cleanup_is_clean(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(exit_code_of(exit_with_parked_fibers), 0);
}

static void park_deaf(void *argument)
{
    (void)argument;
    atomic_fetch_add(&parked, 1);
    for (;;)
        wait_wake_uncancellable();
}

static struct job deaf_job;

static void exit_with_deaf_fiber(void)
{
    alarm(60);
    run_on(workers_take(false), &deaf_job, park_deaf);
    wait_for(&parked, 1);
    exit(workers_frozen());
}

static void exit_with_busy_worker(void)
{
    alarm(60);
    atomic_store(&stop_spinning, 0);
    run_on(workers_take(false), &deaf_job, spin);
    wait_for(&parked, 1);
    exit(0);
}

static void exit_does_not_wait_for_what_never_ends(void **state)
{
    int64_t begun = clock_now();

    (void)state;
    assert_int_equal(exit_code_of(exit_with_deaf_fiber), 0);
    assert_int_equal(exit_code_of(exit_with_busy_worker), 0);
    assert_true(clock_now() - begun < 20 * CLOCK_SECOND);
}

static void late_cleanup(void)
{
    /* A handler that was registered before ours runs after it: all is cancelled, nothing hangs. */
    if (atomic_load(&cancelled) != 1 || workers_take(false) != NULL)
        _exit(30);
    workers_stop();
}

static void exit_with_late_cleanup(void)
{
    alarm(60);
    atexit(late_cleanup);
    run_on(workers_take(false), &deaf_job, park_until_cancelled);
    wait_for(&parked, 1);
    exit(0);
}

static void cleanup_after_our_exit_handler_finds_all_ended(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(exit_with_late_cleanup), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, for the handlers of exit() are registered with the first worker. */
        CASE(cleanup_after_our_exit_handler_finds_all_ended),
        CASE(exit_without_cleanup_is_clean),
        CASE(exit_does_not_wait_for_what_never_ends),
        CASE(pool_begins_with_one_and_light_work_stays_there),
        CASE(heavy_work_spreads_up_to_the_most),
        CASE(busy_pool_grows),
        CASE(busy_pool_does_not_grow_without_a_processor_to_spare),
        CASE(stop_cancels_all_and_the_pool_starts_afresh),
        CASE(locals_of_a_pool_worker_are_freed_by_stop),
        CASE(thread_is_named_and_blocks_all_signals),
        CASE(no_thread_gives_no_worker_and_later_an_old_one),
        CASE(worker_without_memory_is_none),
        CASE(most_is_bounded_and_can_be_restored),
        CASE(child_of_fork_has_its_own_pool_and_the_parents_goes_on),
        CASE(guarded_lock_is_free_in_the_child_and_its_data_whole),
    };

    setenv("CURLPOOL_WORKERS", "3", 1);
    use_short_memory();
    return cmocka_run_group_tests_name("runtime/workers", tests, NULL, NULL);
}
