/* SPDX-License-Identifier: MIT */
/* Inline workers: turns, mail, what they send, locals. */
#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

static int order[16];
static int order_count;

struct numbered {
    struct worker_post post;
    int number;
};

static int begin(void **state)
{
    order_count = 0;
    return with_worker(state);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void note_number(struct worker_post *p, struct worker *w)
{
    assert_ptr_equal(worker_current(), w);
    assert_null(fiber_current());
    order[order_count++] = CONTAINER_OF(p, struct numbered, post)->number;
}

static void mail_is_delivered_in_order(void **state)
{
    struct worker *w = *state;
    struct numbered n[3];

    for (int i = 0; i < 3; i++)
        n[i] = (struct numbered){.post.deliver = note_number, .number = i};
    n[1].post.post.next = &n[2].post.post;
    worker_post(w, &n[0].post);
    worker_post_chain(w, &n[1].post.post, &n[2].post.post);
    assert_int_equal(order_count, 0);
    assert_int_equal(worker_next_due(w), 0);
    worker_turn(w, far());
    assert_int_equal(order_count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(order[i], i);
    assert_true(worker_next_due(w) == CLOCK_NEVER);
}

static struct numbered second = {.post.deliver = note_number, .number = 2};

static void post_another(struct worker_post *p, struct worker *w)
{
    note_number(p, w);
    worker_post(w, &second.post);
}

static void mail_to_oneself_comes_in_the_next_pass(void **state)
{
    struct worker *w = *state;
    struct numbered first = {.post.deliver = post_another, .number = 1};

    worker_post(w, &first.post);
    pass(w);
    assert_int_equal(order_count, 1);
    pass(w);
    assert_int_equal(order_count, 2);
}

static void mail_between_turns_makes_the_descriptor_readable(void **state)
{
    struct worker *w = *state;
    struct numbered a = {.post.deliver = note_number}, b = a;

    worker_turn(w, 0);
    assert_false(readable(worker_poll_fd(w)));
    worker_post(w, &a.post);
    assert_true(readable(worker_poll_fd(w)));
    worker_turn(w, 0);
    worker_turn(w, 0);
    assert_false(readable(worker_poll_fd(w)));
    worker_post(w, &b.post);
    assert_true(readable(worker_poll_fd(w)));
    worker_turn(w, 0);
}

static struct mailbox *answers;
static struct post answer_posts[8];

static void send_three(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++)
        worker_send(answers, &answer_posts[i]);
    assert_true(mailbox_empty(answers));
}

static void send_after_turn(void *argument)
{
    send_three(argument);
    assert_int_equal(wait_turn(), CURLE_OK);
    assert_false(mailbox_empty(answers));
    worker_send(answers, &answer_posts[3]);
    worker_flush(answers);
    worker_flush(answers);
    assert_ptr_equal(atomic_load(&answers->newest), &answer_posts[3]);
}

static int chain_length(const struct post *p)
{
    int count = 0;

    while (p) {
        assert_ptr_equal(p, &answer_posts[count]);
        p = p->next;
        count++;
    }
    return count;
}

static void what_a_turn_sends_is_posted_in_one_step(void **state)
{
    struct worker *w = *state;
    uint64_t writes = 0;

    answers = mailbox_new(true);
    start(w, send_three, NULL);
    pass(w);
    assert_int_equal(read(answers->wake_fd, &writes, sizeof(writes)), sizeof(writes));
    assert_int_equal(writes, 1);
    assert_int_equal(chain_length(mailbox_drain(answers)), 3);
    assert_int_equal(atomic_load(&answers->references), 1);
    mailbox_unref(answers);
}

static void flush_posts_before_the_end_of_the_turn(void **state)
{
    struct worker *w = *state;

    answers = mailbox_new(true);
    start(w, send_after_turn, NULL);
    pass(w);
    pass(w);
    assert_int_equal(chain_length(mailbox_drain(answers)), 4);
    mailbox_unref(answers);
}

enum { BOXES = 3 * WORKER_OUTGOING };
static struct mailbox *boxes[BOXES];
static struct post box_posts[2][BOXES];

static void send_to_many(void *argument)
{
    (void)argument;
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < BOXES; i++)
            worker_send(boxes[i], &box_posts[k][i]);
    }
}

static void more_boxes_than_fit_all_get_theirs_in_order(void **state)
{
    for (int i = 0; i < BOXES; i++)
        boxes[i] = mailbox_new(false);
    start(*state, send_to_many, NULL);
    pass(*state);
    for (int i = 0; i < BOXES; i++) {
        assert_ptr_equal(mailbox_drain(boxes[i]), &box_posts[0][i]);
        assert_ptr_equal(box_posts[0][i].next, &box_posts[1][i]);
        assert_int_equal(atomic_load(&boxes[i]->references), 1);
        mailbox_unref(boxes[i]);
    }
}

static void send_from_a_foreign_thread_posts_at_once(void **state)
{
    (void)state;
    answers = mailbox_new(true);
    worker_send(answers, &answer_posts[0]);
    assert_int_equal(chain_length(mailbox_drain(answers)), 1);
    mailbox_unref(answers);
}

static void wait_long(void *argument)
{
    (void)argument;
    assert_int_equal(wait_until(far()), CURLE_ABORTED_BY_CALLBACK);
    order[order_count++] = 1;
}

static void due_time_is_that_of_the_next_timer(void **state)
{
    struct worker *w = *state;
    int64_t due;

    assert_true(worker_next_due(w) == CLOCK_NEVER);
    start(w, wait_long, NULL);
    assert_int_equal(worker_next_due(w), 0);
    worker_turn(w, 0);
    due = worker_next_due(w);
    assert_true(due > clock_now() && due < clock_now() + 21 * CLOCK_SECOND);
}

static void turn_ends_at_its_deadline(void **state)
{
    struct worker *w = *state;
    int64_t due = clock_now() + 3 * CLOCK_MS;

    start(w, wait_long, NULL);
    while (clock_now() < due)
        worker_turn(w, due);
    assert_true(clock_now() < due + CLOCK_SECOND);
    assert_null(worker_current());
}

static void free_cancels_what_runs(void **state)
{
    start(*state, wait_long, NULL);
    start(*state, wait_long, NULL);
    worker_turn(*state, 0);
    start(*state, wait_long, NULL); /* not run yet */
    worker_free_inline(*state);
    *state = NULL;
    assert_int_equal(order_count, 3);
}

static void *post_later(void *argument)
{
    static struct numbered n = {.post.deliver = note_number, .number = 9};

    worker_post(argument, &n.post);
    return NULL;
}

static void post_of_another_thread_ends_the_sleep(void **state)
{
    for (int i = 0; i < 200; i++) {
        pthread_t thread;

        order_count = 0;
        assert_int_equal(pthread_create(&thread, NULL, post_later, *state), 0);
        turn_until(*state, &order_count);
        pthread_join(thread, NULL);
    }
}

static void *turn_once(void *argument)
{
    worker_turn(argument, 0);
    return NULL;
}

static void see_worker_after_each_wait(void *argument)
{
    int *passes = argument;

    for (int i = 0; i < 10; i++) {
        assert_non_null(fiber_current());
        assert_int_equal(wait_turn(), CURLE_OK);
        ++*passes;
    }
}

static void fiber_goes_on_under_the_thread_that_turns(void **state)
{
    int passes = 0;

    start(*state, see_worker_after_each_wait, &passes);
    for (int i = 0; i < 10; i++) {
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, turn_once, *state), 0);
        pthread_join(thread, NULL);
        worker_turn(*state, 0);
    }
    assert_int_equal(passes, 10);
    assert_int_equal(worker_fibers(*state), 0);
}

static const int key_a, key_b;

static void note_free(void *object)
{
    order[order_count++] = *(int *)object;
}

static void locals_are_found_and_freed_last_set_first(void **state)
{
    struct worker *w = *state;
    int a = 1, b = 2;

    assert_null(worker_local(w, &key_a));
    assert_true(worker_local_set(w, &key_a, &a, note_free));
    assert_true(worker_local_set(w, &key_b, &b, note_free));
    assert_ptr_equal(worker_local(w, &key_a), &a);
    assert_ptr_equal(worker_local(w, &key_b), &b);
    worker_free_inline(w);
    *state = NULL;
    assert_int_equal(order_count, 2);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 1);
}

static void idle_is_called_when_the_last_fiber_has_gone(void **state)
{
    struct worker *w = *state;
    int a = 5;
    struct fiber *f;

    assert_true(worker_local_set(w, &key_a, &a, NULL));
    worker_on_idle(w, &key_a, note_free);
    f = start(w, wait_long, NULL);
    worker_turn(w, 0);
    assert_int_equal(order_count, 0);
    cancel(f);
    worker_turn(w, 0);
    assert_int_equal(order_count, 2);
    assert_int_equal(order[1], 5);
    worker_on_idle(w, &key_a, NULL);
}

static void worker_without_memory_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        memory_left = i;
        assert_null(worker_new_inline());
    }
    memory_left = -1;
    worker_free_inline(NULL);
}

static void keep_busy(void *argument)
{
    int64_t end = clock_now() + 20 * CLOCK_MS;

    while (clock_now() < end)
        ;
    *(int *)argument = 1;
}

static void busy_rises_with_work_and_falls_with_rest(void **state)
{
    struct worker *w = *state;
    int done = 0;

    start(w, keep_busy, &done);
    worker_turn(w, 0);
    assert_int_equal(done, 1);
    assert_in_range(worker_busy_permille(w), 500, 1000);
    worker_turn(w, clock_now() + 30 * CLOCK_MS);
    assert_in_range(worker_busy_permille(w), 0, 400);
}

/* ---- Chores ---- */

struct errand_boy {
    struct worker_chore chore;
    int number, again; /* how often it asks for itself */
    struct worker_chore *drops;
};

static void note_chore(struct worker_chore *chore)
{
    struct errand_boy *b = CONTAINER_OF(chore, struct errand_boy, chore);

    assert_null(fiber_current());
    order[order_count++] = b->number;
    if (b->drops)
        worker_chore_drop(b->drops);
    if (b->again-- > 0)
        worker_ask(chore);
}

static struct errand_boy boys[3];

static void ask_for_two(void *argument)
{
    (void)argument;
    worker_ask(&boys[0].chore);
    worker_ask(&boys[1].chore);
    worker_ask(&boys[0].chore);
    order[order_count++] = 7;
}

static void note_fiber(void *argument)
{
    (void)argument;
    order[order_count++] = 8;
}

static void chore_is_done_once_behind_the_fibers(void **state)
{
    struct worker *w = *state;

    for (int i = 0; i < 3; i++)
        boys[i] = (struct errand_boy){.chore.run = note_chore, .number = i};
    start(w, ask_for_two, NULL);
    start(w, note_fiber, NULL);
    worker_turn(w, far());
    assert_int_equal(order_count, 4);
    assert_int_equal(order[0], 7);
    assert_int_equal(order[1], 8);
    assert_int_equal(order[2], 0);
    assert_int_equal(order[3], 1);
    assert_true(worker_next_due(w) == CLOCK_NEVER);
}

static void chore_that_asks_again_keeps_the_worker_awake(void **state)
{
    struct worker *w = *state;
    int64_t began = clock_now();

    boys[0] = (struct errand_boy){.chore.run = note_chore, .number = 0, .again = 5};
    boys[1] = (struct errand_boy){.chore.run = note_chore, .number = 1};
    start(w, ask_for_two, NULL);
    for (int i = 0; i < 10 && worker_next_due(w) == 0; i++)
        worker_turn(w, far());
    assert_int_equal(order_count, 8);
    assert_true(clock_now() < began + 10 * CLOCK_SECOND);
}

static void chore_that_is_dropped_is_not_done(void **state)
{
    struct worker *w = *state;

    boys[0] = (struct errand_boy){.chore.run = note_chore, .number = 0, .drops = &boys[1].chore};
    boys[1] = (struct errand_boy){.chore.run = note_chore, .number = 1};
    start(w, ask_for_two, NULL);
    worker_turn(w, clock_now() + CLOCK_MS);
    assert_int_equal(order_count, 2);
    assert_int_equal(order[1], 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, without_worker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(mail_is_delivered_in_order),
        CASE(mail_to_oneself_comes_in_the_next_pass),
        CASE(mail_between_turns_makes_the_descriptor_readable),
        CASE(what_a_turn_sends_is_posted_in_one_step),
        CASE(flush_posts_before_the_end_of_the_turn),
        CASE(more_boxes_than_fit_all_get_theirs_in_order),
        CASE(send_from_a_foreign_thread_posts_at_once),
        CASE(due_time_is_that_of_the_next_timer),
        CASE(turn_ends_at_its_deadline),
        CASE(free_cancels_what_runs),
        CASE(post_of_another_thread_ends_the_sleep),
        CASE(fiber_goes_on_under_the_thread_that_turns),
        CASE(locals_are_found_and_freed_last_set_first),
        CASE(idle_is_called_when_the_last_fiber_has_gone),
        CASE(worker_without_memory_is_refused),
        CASE(busy_rises_with_work_and_falls_with_rest),
        CASE(chore_is_done_once_behind_the_fibers),
        CASE(chore_that_asks_again_keeps_the_worker_awake),
        CASE(chore_that_is_dropped_is_not_done),
    };

    use_short_memory();
    return cmocka_run_group_tests_name("runtime/worker", tests, NULL, NULL);
}
