/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "runtime/mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

enum { POSTERS = 4, POSTS = 20000, CHAIN = 5 };

struct letter {
    struct post post;
    int poster, number;
};

static bool readable(const struct mailbox *box)
{
    struct pollfd p = {.fd = box->wake_fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void descriptor_is_readable_exactly_while_there_is_mail(void **state)
{
    struct mailbox *box = mailbox_new(true);
    struct post a, b;
    uint64_t writes = 0;

    (void)state;
    assert_false(readable(box));
    mailbox_post(box, &a);
    mailbox_post(box, &b);
    assert_true(readable(box));
    assert_false(mailbox_empty(box));
    assert_int_equal(read(box->wake_fd, &writes, sizeof(writes)), sizeof(writes));
    assert_int_equal(writes, 1);
    box->unread -= 1; /* as if the drain had read it */
    assert_ptr_equal(mailbox_drain(box), &a);
    assert_ptr_equal(a.next, &b);
    assert_null(b.next);
    assert_false(readable(box));
    assert_null(mailbox_drain(box));
    mailbox_unref(box);
}

static void write_that_comes_after_the_drain_is_eaten_by_the_next(void **state)
{
    struct mailbox *box = mailbox_new(true);
    struct post a, b;
    uint64_t value = 0;

    (void)state;
    mailbox_post(box, &a);
    /* The poster was held up between its push and its write. */
    assert_int_equal(read(box->wake_fd, &value, sizeof(value)), sizeof(value));
    assert_ptr_equal(mailbox_drain(box), &a);
    value = 1;
    assert_int_equal(write(box->wake_fd, &value, sizeof(value)), sizeof(value));
    assert_true(readable(box));
    assert_null(mailbox_drain(box));
    assert_false(readable(box));
    /* And the bookkeeping is straight again. */
    mailbox_post(box, &b);
    assert_true(readable(box));
    assert_ptr_equal(mailbox_drain(box), &b);
    assert_false(readable(box));
    mailbox_unref(box);
}

static void chain_is_read_first_to_last(void **state)
{
    struct mailbox *box = mailbox_new(false);
    struct post p[4];

    (void)state;
    p[0].next = &p[1];
    p[1].next = &p[2];
    p[2].next = NULL;
    mailbox_post_chain(box, &p[0], &p[2]);
    mailbox_post(box, &p[3]);
    assert_int_equal(box->wake_fd, -1);
    assert_ptr_equal(mailbox_drain(box), &p[0]);
    assert_ptr_equal(p[0].next, &p[1]);
    assert_ptr_equal(p[1].next, &p[2]);
    assert_ptr_equal(p[2].next, &p[3]);
    assert_null(p[3].next);
    mailbox_unref(box);
}

static struct mailbox *shared;

/* Posts alternately one by one and in chains. */
static void *post_many(void *argument)
{
    int poster = *(int *)argument;

    for (int i = 0; i < POSTS; i += CHAIN) {
        struct letter *chain[CHAIN];

        for (int k = 0; k < CHAIN; k++) {
            chain[k] = malloc(sizeof(struct letter));
            *chain[k] = (struct letter){.poster = poster, .number = i + k};
            if (k)
                chain[k - 1]->post.next = &chain[k]->post;
        }
        if (i / CHAIN % 2) {
            mailbox_post_chain(shared, &chain[0]->post, &chain[CHAIN - 1]->post);
        } else {
            for (int k = 0; k < CHAIN; k++)
                mailbox_post(shared, &chain[k]->post);
        }
    }
    mailbox_unref(shared);
    return NULL;
}

static int read_letters(struct post *p, int *next_number)
{
    int count = 0;

    while (p) {
        struct letter *l = CONTAINER_OF(p, struct letter, post);

        p = p->next;
        assert_int_equal(l->number, next_number[l->poster]);
        next_number[l->poster]++;
        free(l);
        count++;
    }
    return count;
}

static void drain_all_of(bool is_loop)
{
    static int names[POSTERS] = {0, 1, 2, 3};
    int next_number[POSTERS] = {0};
    pthread_t threads[POSTERS];
    int left = POSTERS * POSTS;

    shared = is_loop ? mailbox_new_loop() : mailbox_new(true);
    for (int i = 0; i < POSTERS; i++) {
        mailbox_ref(shared);
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &names[i]), 0);
    }
    while (left > 0) {
        struct pollfd p = {.fd = shared->wake_fd, .events = POLLIN};
        uint64_t value;

        if (!is_loop || mailbox_sleep(shared))
            assert_int_equal(poll(&p, 1, 20000), 1); /* a lost wake-up ends here */
        if (is_loop) {
            mailbox_awake(shared);
            (void)!read(shared->wake_fd, &value, sizeof(value));
        }
        left -= read_letters(mailbox_drain(shared), next_number);
    }
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    assert_null(mailbox_drain(shared));
    if (!is_loop) {
        assert_false(readable(shared));
        assert_int_equal(shared->unread, 0);
    }
    mailbox_unref(shared);
}

static void many_post_and_one_drains_without_loss_in_order(void **state)
{
    (void)state;
    drain_all_of(false);
}

static void loop_that_sleeps_misses_no_post(void **state)
{
    (void)state;
    drain_all_of(true);
}

static void loop_that_is_awake_costs_its_posters_no_write(void **state)
{
    struct mailbox *box = mailbox_new_loop();
    struct post a, b;

    (void)state;
    mailbox_awake(box);
    mailbox_post(box, &a);
    assert_false(readable(box));
    assert_false(mailbox_sleep(box)); /* there is mail */
    assert_ptr_equal(mailbox_drain(box), &a);
    assert_true(mailbox_sleep(box));
    mailbox_post(box, &b);
    assert_true(readable(box));
    assert_false(atomic_load(&box->asleep));
    mailbox_unref(box);
}

static void box_without_memory_is_refused(void **state)
{
    (void)state;
    memory_left = 0;
    assert_null(mailbox_new(true));
    memory_left = 0;
    assert_null(mailbox_new(false));
    memory_left = -1;
    mailbox_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptor_is_readable_exactly_while_there_is_mail),
        cmocka_unit_test(write_that_comes_after_the_drain_is_eaten_by_the_next),
        cmocka_unit_test(chain_is_read_first_to_last),
        cmocka_unit_test(many_post_and_one_drains_without_loss_in_order),
        cmocka_unit_test(loop_that_sleeps_misses_no_post),
        cmocka_unit_test(loop_that_is_awake_costs_its_posters_no_write),
        cmocka_unit_test(box_without_memory_is_refused),
    };

    use_short_memory();
    return cmocka_run_group_tests_name("runtime/mailbox", tests, NULL, NULL);
}
