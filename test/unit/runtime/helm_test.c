/* SPDX-License-Identifier: MIT */
/* The helm of a worker: it goes to a guest and back, nothing is lost on the way. */
#include "support.h"

#include "runtime/helm.h"
#include "runtime/workers.h"

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct worker *worker;
static struct mailbox *box;

static int begin(void **state)
{
    (void)state;
    workers_set_max(1);
    worker = workers_take(false);
    box = mailbox_new(true);
    return worker && box ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    workers_done(worker, false);
    workers_stop();
    mailbox_unref(box);
    return workers_running();
}

/* Says which thread delivered it, and posts itself on to the box. */
struct job {
    struct worker_post post;
    struct post answer;
    pthread_t thread;
    atomic_bool done;
};

static void job_arrived(struct worker_post *p, struct worker *w)
{
    struct job *job = CONTAINER_OF(p, struct job, post);

    (void)w;
    job->thread = pthread_self();
    mailbox_post(box, &job->answer);
    atomic_store(&job->done, true);
}

static void post_job(struct job *job)
{
    *job = (struct job){.post.deliver = job_arrived};
    worker_post(worker, &job->post);
}

static void wait_for_job(struct job *job)
{
    int64_t late = far();

    while (!atomic_load(&job->done) && clock_now() < late)
        sched_yield();
    assert_true(atomic_load(&job->done));
}

/* Becomes the guest. */
static void enter(void)
{
    int64_t late = far();
    bool entered;

    helm_ask(worker);
    while (!(entered = helm_enter(worker)) && clock_now() < late) {
        sched_yield();
        helm_ask(worker); /* the thread may have taken it back already */
    }
    assert_true(entered);
}

static void guest_that_did_not_ask_is_not_let_in(void **state)
{
    (void)state;
    assert_false(helm_enter(worker));
}

static void guest_runs_the_work_on_its_own_thread(void **state)
{
    struct job job;

    (void)state;
    enter();
    assert_false(helm_enter(worker)); /* one at a time */
    post_job(&job);
    helm_turn(worker, box, NULL, far());
    assert_true(atomic_load(&job.done));
    assert_true(pthread_equal(job.thread, pthread_self()));
    assert_ptr_equal(mailbox_drain(box), &job.answer);
    helm_leave(worker);
}

static void run_ends_with_what_it_is_for(void **state)
{
    atomic_bool never = false;
    struct job job;
    int ran = 0;

    (void)state;
    assert_false(helm_run(worker, &never)); /* the thread has it */
    for (int i = 0; i < 100; i++) {
        enter();
        helm_leave(worker);
        post_job(&job);
        if (helm_run(worker, &job.done)) {
            assert_true(pthread_equal(job.thread, pthread_self()));
            ran++;
        } else { /* the thread has taken it back meanwhile */
            wait_for_job(&job);
        }
        assert_ptr_equal(mailbox_drain(box), &job.answer);
    }
    assert_true(ran > 0);
    enter();
    helm_leave(worker);
    assert_false(helm_run(worker, &never));
}

static void thread_takes_over_when_the_guest_stays_away(void **state)
{
    struct job job;

    (void)state;
    enter();
    helm_leave(worker);
    post_job(&job);
    wait_for_job(&job);
    assert_false(pthread_equal(job.thread, pthread_self()));
    assert_false(helm_enter(worker));
}

static void thread_has_the_helm_again_when_it_is_given_back(void **state)
{
    struct job job;

    (void)state;
    for (int i = 0; i < 100; i++) {
        enter();
        helm_leave(worker);
        helm_give_back(worker);
        assert_false(helm_enter(worker));
        post_job(&job);
        wait_for_job(&job);
        assert_false(pthread_equal(job.thread, pthread_self()));
    }
}

static void guest_comes_and_goes_while_others_post(void **state)
{
    struct job jobs[200];

    (void)state;
    for (int i = 0; i < 200; i++) {
        helm_ask(worker);
        post_job(&jobs[i]);
        if (helm_enter(worker)) {
            helm_turn(worker, box, NULL, far());
            helm_leave(worker);
        }
        wait_for_job(&jobs[i]);
    }
}

static void descriptor_and_flag_end_the_guests_sleep(void **state)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    uint64_t one = 1;
    atomic_bool flag = true;

    (void)state;
    enter();
    assert_true(helm_watch(worker, fd));
    assert_true(helm_watch(worker, fd)); /* known already */
    assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
    helm_turn(worker, box, &flag, CLOCK_NEVER);
    helm_leave(worker);
    close(fd);
}

static void guests_time_ends(void **state)
{
    (void)state;
    enter();
    helm_turn(worker, box, NULL, clock_now() + 2 * CLOCK_MS);
    assert_true(mailbox_empty(box));
    helm_leave(worker);
}

static atomic_bool inside;

static void *be_a_guest(void *argument)
{
    (void)argument;
    enter();
    atomic_store(&inside, true);
    helm_turn(worker, box, NULL, CLOCK_NEVER);
    helm_leave(worker);
    return NULL;
}

static void stop_finds_a_guest_asleep_at_the_helm(void **state)
{
    pthread_t guest;

    (void)state;
    atomic_store(&inside, false);
    assert_int_equal(pthread_create(&guest, NULL, be_a_guest, NULL), 0);
    while (!atomic_load(&inside))
        sched_yield();
    workers_stop();
    assert_int_equal(pthread_join(guest, NULL), 0);
}

static void stop_finds_the_helm_with_nobody(void **state)
{
    (void)state;
    enter();
    helm_leave(worker);
    workers_stop();
    assert_int_equal(workers_running(), 0);
}

static void *give_back(void *argument)
{
    (void)argument;
    while (!atomic_load(&inside))
        sched_yield();
    helm_give_back(worker);
    return NULL;
}

static void guest_is_asked_to_leave_by_a_post_and_a_claim(void **state)
{
    pthread_t guest, other;
    struct job first, second;

    (void)state;
    atomic_store(&inside, false);
    assert_int_equal(pthread_create(&guest, NULL, be_a_guest, NULL), 0);
    assert_int_equal(pthread_create(&other, NULL, give_back, NULL), 0);
    pthread_join(other, NULL);
    post_job(&first);
    pthread_join(guest, NULL);
    post_job(&second);
    wait_for_job(&first);
    wait_for_job(&second);
}

#define HELM_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELM_TEST(guest_that_did_not_ask_is_not_let_in),
        HELM_TEST(guest_runs_the_work_on_its_own_thread),
        HELM_TEST(thread_takes_over_when_the_guest_stays_away),
        HELM_TEST(run_ends_with_what_it_is_for),
        HELM_TEST(thread_has_the_helm_again_when_it_is_given_back),
        HELM_TEST(guest_comes_and_goes_while_others_post),
        HELM_TEST(descriptor_and_flag_end_the_guests_sleep),
        HELM_TEST(guests_time_ends),
        HELM_TEST(stop_finds_a_guest_asleep_at_the_helm),
        HELM_TEST(stop_finds_the_helm_with_nobody),
        HELM_TEST(guest_is_asked_to_leave_by_a_post_and_a_claim),
    };

    return cmocka_run_group_tests_name("helm", tests, NULL, NULL);
}
