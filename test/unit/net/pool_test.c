/* SPDX-License-Identifier: MIT */
/* The pool: reuse, limits and lines, what happens to idle connections, two workers, fork. The far
 * end of each connection is the test's. */
#include "pool_world.h"

#include <sys/wait.h>

/* ---- Reuse ---- */

static void returned_connection_is_used_again(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    assert_int_equal(take(state, &a), 0);
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &a);
    assert_int_equal(pool_counts(pool).idle, 1);
    assert_int_equal(take(state, &b), 0);
    assert_int_equal(pool_counts(pool).idle, 0);
    give(state, &b);
}

static void newest_idle_connection_comes_first(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");

    take(state, &a);
    take(state, &b);
    give(state, &b);
    give(state, &a);
    assert_int_equal(take(state, &c), 0);
    give(state, &c);
}

static void other_key_and_fresh_wish_get_new_ones(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "h"), c = user_of("a", "h");

    take(state, &a);
    give(state, &a);
    assert_int_equal(take(state, &b), 1);
    c.wish.fresh = true;
    assert_int_equal(take(state, &c), 2);
    give(state, &b);
    give(state, &c);
    assert_int_equal(pool_counts(pool).idle, 3);
}

static struct user user_as(const char *owner)
{
    struct user u = user_of("a", "h");

    u.wish.owner = str_of(owner);
    return u;
}

/* What a login does to a connection in use. */
static void become_owner(const struct user *u)
{
    buf_append(&u->connection->owner, u->wish.owner.at, u->wish.owner.len);
}

static void connection_of_an_owner_serves_nobody_else(void **state)
{
    struct user me = user_as("me"), you = user_as("you"), nobody = user_as(""),
                again = user_as("me");

    assert_int_equal(take(state, &me), 0);
    become_owner(&me);
    give(state, &me);
    assert_int_equal(take(state, &you), 1);
    assert_int_equal(take(state, &nobody), 2);
    assert_int_equal(take(state, &again), 0);
    give(state, &you);
    give(state, &nobody);
    give(state, &again);
}

static void connection_of_nobody_serves_who_may_become_its_owner(void **state)
{
    struct user nobody = user_as(""), me = user_as("me"), again = user_as("");

    assert_int_equal(take(state, &nobody), 0);
    give(state, &nobody);
    assert_int_equal(take(state, &me), 0);
    give(state, &me); /* it did not become theirs */
    assert_int_equal(take(state, &again), 0);
    give(state, &again);
}

static void own_connection_goes_before_a_newer_one_of_nobody(void **state)
{
    struct user me = user_as("me"), nobody = user_as(""), again = user_as("me");

    take(state, &me);
    become_owner(&me);
    take(state, &nobody);
    give(state, &me);
    give(state, &nobody);
    assert_int_equal(take(state, &again), 0);
    give(state, &again);
}

static void place_of_an_owned_connection_goes_to_who_waits_as_another(void **state)
{
    struct user me = user_as("me"), you = user_as("you");

    pool_set_limits(pool, 10, 1, 0);
    take(state, &me);
    become_owner(&me);
    begin_take(state, &you);
    assert_false(took(&you));
    give(state, &me);
    turn(*state);
    assert_true(took(&you));
    assert_int_equal(you.connection->id, 1);
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &you);
}

static void connection_that_is_not_reusable_is_closed(void **state)
{
    struct user a = user_of("a", "h");
    char byte;

    take(state, &a);
    a.reusable = false;
    give(state, &a);
    assert_int_equal(pool_counts(pool).open, 0);
    assert_int_equal(read(far_ends[0], &byte, 1), 0);
}

static void old_connection_is_closed_instead(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");

    take(state, &a);
    a.connection->opened -= 10 * CLOCK_SECOND;
    give(state, &a);
    b.wish.max_life_us = 9 * CLOCK_SECOND;
    assert_int_equal(take(state, &b), 1);
    give(state, &b);
    usleep(3000); /* it is idle that long */
    c.wish.max_idle_us = 1000;
    assert_int_equal(take(state, &c), 2);
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &c);
}

static void dead_connection_is_not_given_out(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    take(state, &a);
    give(state, &a);
    close(atomic_exchange(&far_ends[0], -1)); /* no turn of the loop sees it before the take */
    assert_int_equal(take(state, &b), 1);
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &b);
}

/* ---- Idle ---- */

static void idle_connection_that_the_peer_closes_is_closed(void **state)
{
    struct user a = user_of("a", "h");
    int before = count_descriptors();

    take(state, &a);
    give(state, &a);
    turn(*state);
    assert_int_equal(pool_counts(pool).idle, 1);
    close(atomic_exchange(&far_ends[0], -1));
    await_idle(*state, 0);
    assert_int_equal(pool_counts(pool).open, 0);
    assert_int_equal(count_descriptors(), before);
}

static void idle_connection_that_says_something_is_closed(void **state)
{
    struct user a = user_of("a", "h");

    take(state, &a);
    give(state, &a);
    turn(*state);
    assert_int_equal(write(far_ends[0], "?", 1), 1);
    await_idle(*state, 0);
    assert_int_equal(pool_counts(pool).open, 0);
}

static void oldest_idle_connection_goes_when_there_are_too_many(void **state)
{
    struct user u[3];

    pool_set_limits(pool, 2, 0, 0);
    for (int i = 0; i < 3; i++) {
        u[i] = user_of("a", "h");
        take(state, &u[i]);
    }
    for (int i = 0; i < 3; i++)
        give(state, &u[i]);
    assert_int_equal(pool_counts(pool).idle, 2);
    assert_int_equal(take(state, &u[0]), 2);
    assert_int_equal(take(state, &u[1]), 1);
    give(state, &u[0]);
    give(state, &u[1]);
}

static void default_keeps_four_a_handle(void **state)
{
    struct user u[9];

    pool_set_users(pool, 2);
    for (int i = 0; i < 9; i++) {
        u[i] = user_of("a", "h");
        take(state, &u[i]);
    }
    for (int i = 0; i < 9; i++)
        give(state, &u[i]);
    assert_int_equal(pool_counts(pool).idle, 8);
}

static void idle_connections_are_closed_on_request(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "i");

    take(state, &a);
    take(state, &b);
    give(state, &a);
    pool_close_idle(pool);
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &b);
    assert_int_equal(pool_counts(pool).idle, 1);
}

/* ---- Limits ---- */

static void host_limit_is_served_in_order(void **state)
{
    struct user u[5];

    pool_set_limits(pool, 10, 2, 0);
    for (int i = 0; i < 5; i++) {
        u[i] = user_of("a", "h");
        begin_take(state, &u[i]);
    }
    assert_true(took(&u[0]) && took(&u[1]) && !took(&u[2]) && !took(&u[3]) && !took(&u[4]));
    assert_int_equal(pool_counts(pool).waiting, 3);
    give(state, &u[1]); /* goes over as it is */
    turn(*state);
    assert_true(took(&u[2]) && !took(&u[3]));
    assert_int_equal(u[2].connection->id, 1);
    u[0].reusable = false; /* leaves room for a new one */
    give(state, &u[0]);
    turn(*state);
    assert_true(took(&u[3]) && !took(&u[4]));
    assert_int_equal(u[3].connection->id, 2);
    assert_int_equal(pool_counts(pool).open, 2);
    give(state, &u[2]);
    turn(*state);
    assert_true(took(&u[4]));
    give(state, &u[3]);
    give(state, &u[4]);
    assert_int_equal(pool_counts(pool).idle, 2);
}

static void host_limit_leaves_other_hosts_alone(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("c", "other");

    pool_set_limits(pool, 10, 1, 0);
    begin_take(state, &a);
    begin_take(state, &b);
    begin_take(state, &c);
    assert_true(took(&a) && !took(&b) && took(&c));
    give(state, &a);
    turn(*state);
    assert_true(took(&b));
    give(state, &b);
    give(state, &c);
}

static void other_key_of_a_full_host_gets_a_new_connection(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "h"), c = user_of("c", "h");

    pool_set_limits(pool, 10, 1, 0);
    begin_take(state, &a);
    begin_take(state, &b);
    assert_false(took(&b));
    give(state, &a); /* no good for b: it is closed */
    turn(*state);
    assert_true(took(&b));
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &b); /* idle, and then in the way of c */
    begin_take(state, &c);
    turn(*state);
    assert_true(took(&c));
    assert_int_equal(pool_counts(pool).open, 1);
    give(state, &c);
}

static void total_limit_closes_what_is_idle_elsewhere(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "i"), c = user_of("c", "j");

    pool_set_limits(pool, 10, 0, 2);
    take(state, &a);
    take(state, &b);
    give(state, &a);
    begin_take(state, &c);
    turn(*state);
    assert_true(took(&c));
    assert_int_equal(pool_counts(pool).open, 2);
    assert_int_equal(pool_counts(pool).idle, 0);
    give(state, &b);
    give(state, &c);
}

static void total_limit_is_served_in_order_across_hosts(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "i"), c = user_of("a", "h");

    pool_set_limits(pool, 10, 0, 1);
    begin_take(state, &a);
    begin_take(state, &b);
    begin_take(state, &c);
    assert_true(took(&a) && !took(&b) && !took(&c));
    give(state, &a); /* c could have it, but b came first */
    turn(*state);
    assert_true(took(&b) && !took(&c));
    give(state, &b);
    turn(*state);
    assert_true(took(&c));
    assert_int_equal(c.connection->id, 2);
    give(state, &c);
}

static void both_limits_hold_together(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("c", "i"),
                d = user_of("d", "j");

    pool_set_limits(pool, 10, 1, 2);
    begin_take(state, &a);
    begin_take(state, &b); /* the host's line */
    begin_take(state, &c);
    begin_take(state, &d); /* the pool's line */
    assert_true(took(&a) && !took(&b) && took(&c) && !took(&d));
    c.reusable = false;
    give(state, &c);
    turn(*state);
    assert_true(!took(&b) && took(&d));
    give(state, &a);
    turn(*state);
    assert_true(took(&b));
    assert_int_equal(b.connection->id, 0);
    assert_int_equal(pool_counts(pool).open, 2);
    give(state, &b);
    give(state, &d);
}

static void first_come_decides_between_the_lines(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("c", "i"),
                d = user_of("d", "j");

    pool_set_limits(pool, 10, 1, 2);
    begin_take(state, &a);
    begin_take(state, &c);
    begin_take(state, &d); /* the pool's line */
    begin_take(state, &b); /* the host's line: could go on with a's connection */
    assert_true(took(&a) && took(&c) && !took(&b) && !took(&d));
    give(state, &a);
    turn(*state);
    assert_true(took(&d) && !took(&b));
    give(state, &c);
    turn(*state);
    assert_true(took(&b));
    assert_int_equal(pool_counts(pool).open, 2);
    give(state, &b);
    give(state, &d);
}

static void raised_limit_lets_the_waiting_in(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    pool_set_limits(pool, 10, 1, 1);
    begin_take(state, &a);
    begin_take(state, &b);
    assert_false(took(&b));
    pool_set_limits(pool, 10, 2, 0);
    turn(*state);
    assert_true(took(&b));
    give(state, &a);
    give(state, &b);
}

static void place_that_is_given_up_goes_to_the_next(void **state)
{
    struct user b = user_of("a", "h");
    struct pool_wish wish = wish_for("a", "h");
    struct connection *none = NULL;

    pool_set_limits(pool, 10, 1, 0);
    assert_int_equal(pool_take(pool, &wish, far(), &none), CURLE_OK);
    assert_null(none);
    begin_take(state, &b);
    assert_false(took(&b));
    pool_give_up(pool, &wish);
    turn(*state);
    assert_true(took(&b));
    give(state, &b);
}

static void waiting_ends_at_its_deadline(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");

    pool_set_limits(pool, 10, 0, 1);
    begin_take(state, &a);
    b.timeout_us = 10 * CLOCK_MS;
    begin_take(state, &b);
    begin_take(state, &c);
    while (!atomic_load(&b.job.done))
        worker_turn(*state, far());
    assert_int_equal(b.result, CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(pool_counts(pool).waiting, 1);
    give(state, &a);
    turn(*state);
    assert_true(took(&c));
    give(state, &c);
}

static void cancel_step(void *argument)
{
    fiber_cancel(argument);
}

static void cancelled_wait_passes_its_grant_on(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");
    struct crossing x = {.leaver = &a, .quitter = &b};

    pool_set_limits(pool, 10, 1, 0);
    condition_init(&x.go);
    for (int reusable = 0; reusable < 2; reusable++) {
        begin_take(state, &a);
        begin_take(state, &b);
        begin_take(state, &c);
        assert_true(took(&a) && !took(&b) && !took(&c));
        a.reusable = reusable;
        job_post(*state, &x.job, return_when_told, &x);
        turn(*state);
        run_here(*state, tell_and_cancel, &x);
        while (!atomic_load(&b.job.done) || !atomic_load(&c.job.done))
            worker_turn(*state, far());
        assert_int_equal(b.result, CURLE_ABORTED_BY_CALLBACK);
        assert_true(took(&c));
        assert_int_equal(c.connection->id, 1);
        c.reusable = !reusable;
        give(state, &c);
    }
    assert_int_equal(pool_counts(pool).open, 0);
}

static void cancelled_wait_leaves_the_line(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    pool_set_limits(pool, 10, 1, 0);
    begin_take(state, &a);
    begin_take(state, &b);
    run_here(*state, cancel_step, b.job.fiber);
    while (!atomic_load(&b.job.done))
        worker_turn(*state, far());
    assert_int_equal(b.result, CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(pool_counts(pool).waiting, 0);
    give(state, &a);
}

/* ---- The program's ---- */

static void release_step(void *argument)
{
    struct user *u = argument;

    u->connection = pool_release_to_program(u->connection);
}

static void connection_of_the_program_works_without_a_worker(void **state)
{
    struct user a = user_of("a", "h");
    struct stream *s;
    char byte = 0;
    size_t len = 0;

    take(state, &a);
    run_here(*state, release_step, &a);
    assert_int_equal(pool_counts(pool).open, 0);
    s = a.connection->stream;
    assert_int_equal(stream_try_recv(s, &byte, 1, &len), CURLE_AGAIN);
    assert_int_equal(write(far_ends[0], "x", 1), 1);
    assert_int_equal(stream_try_recv(s, &byte, 1, &len), CURLE_OK);
    assert_int_equal(byte, 'x');
    assert_int_equal(stream_try_recv(s, &byte, 1, &len), CURLE_AGAIN);
    assert_int_equal(stream_try_send(s, "y", 1, &len), CURLE_OK);
    connection_free(a.connection);
}

static atomic_int closer_closed, closer_references;

static void closer_close(struct socket_closer *closer, curl_socket_t fd)
{
    (void)closer;
    atomic_fetch_add(&closer_closed, 1);
    close(fd);
}

static void closer_ref(struct socket_closer *closer)
{
    (void)closer;
    atomic_fetch_add(&closer_references, 1);
}

static void closer_unref(struct socket_closer *closer)
{
    (void)closer;
    atomic_fetch_sub(&closer_references, 1);
}

static void program_closes_its_sockets(void **state)
{
    static struct socket_closer closer = {closer_close, closer_ref, closer_unref};
    struct connection *c;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    c = connection_new(ends[0], &closer);
    assert_non_null(c);
    assert_int_equal(closer_references, 1);
    connection_free(c);
    assert_int_equal(closer_references, 0);
    assert_int_equal(closer_closed, 1);
    close(ends[1]);
}

/* ---- Two workers ---- */

enum { TAKEN = 8 }; /* so much heavy work makes the workers two */

static struct worker *taken[TAKEN], *workers[2];

static int begin_workers(void **state)
{
    workers_set_max(2);
    for (int i = 0; i < TAKEN; i++) {
        taken[i] = workers_take(true);
        if (taken[i] != taken[0])
            workers[1] = taken[i];
    }
    workers[0] = taken[0];
    return workers[1] ? begin(state) : -1;
}

static int end_workers(void **state)
{
    for (int i = 0; i < TAKEN; i++)
        workers_done(taken[i], true);
    workers_stop();
    workers[1] = NULL;
    return end(state);
}

static void run_on(int worker, void (*step)(void *), struct user *u)
{
    job_post(workers[worker], &u->job, step, u);
    job_join(&u->job);
}

static void connection_moves_and_is_watched_where_it_is(void **state)
{
    struct user a = user_of("a", "h");
    int before = count_descriptors();
    int64_t limit = far();

    (void)state;
    for (int round = 0; round < 6; round++) {
        run_on(round % 2, take_step, &a);
        assert_int_equal(a.result, CURLE_OK);
        assert_int_equal(a.connection->id, 0);
        run_on(round % 2, return_step, &a);
    }
    close(atomic_exchange(&far_ends[0], -1));
    while (pool_counts(pool).open && clock_now() < limit)
        usleep(200);
    assert_int_equal(pool_counts(pool).open, 0);
    assert_int_equal(count_descriptors(), before);
}

/* The old worker has freed its watch when something happens on the socket. */
static void old_worker_hears_nothing_of_a_moved_connection(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "h");
    char byte;

    (void)state;
    run_on(0, take_step, &a);
    run_on(0, return_step, &a);
    run_on(1, take_step, &a);
    assert_int_equal(a.connection->id, 0);
    run_on(0, take_step, &b); /* frees */
    assert_int_equal(write(far_ends[0], "x", 1), 1);
    run_on(0, return_step, &b);
    run_on(0, take_step, &b);
    run_on(0, return_step, &b);
    assert_int_equal(socket_recv(a.connection->fd, &byte, 1), 1);
    run_on(1, return_step, &a);
    assert_int_equal(pool_counts(pool).idle, 2);
}

static void idle_connection_survives_its_worker(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    run_on(0, take_step, &a);
    run_on(0, return_step, &a);
    workers_stop();
    assert_int_equal(pool_counts(pool).idle, 1);
    assert_int_equal(take(state, &b), 0);
    give(state, &b);
    close(atomic_exchange(&far_ends[0], -1));
    await_idle(*state, 0);
}

enum { CROWD = 60, ROUNDS = 40 };

struct member {
    struct job job;
    int number;
    int failures, served;
};

static atomic_int in_use[FAR_ENDS], most_open;

/* Takes, says something to the far end (the test's echo), takes the answer, gives back. */
static void use_often(void *argument)
{
    static const char *const keys[] = {"a", "b", "c"};
    struct member *m = argument;

    for (int i = 0; i < ROUNDS; i++) {
        const char *key = keys[(m->number + i) % 3];
        struct pool_wish wish = wish_for(key, key);
        struct connection *c;
        char said = (char)m->number, heard = 0;
        size_t len = 0;
        int now;

        wish.fresh = i % 13 == 5;
        if (get(&wish, far(), &c) || c->id >= FAR_ENDS) {
            m->failures++;
            continue;
        }
        now = (int)pool_counts(pool).open;
        if (now > atomic_load(&most_open))
            atomic_store(&most_open, now);
        m->failures += atomic_fetch_add(&in_use[c->id], 1) != 0;
        if (stream_send_all(c->stream, &said, 1, far()) ||
            stream_recv(c->stream, &heard, 1, far(), &len) || heard != said)
            m->failures++;
        atomic_fetch_sub(&in_use[c->id], 1);
        m->served++;
        (void)pool_return(c, i % 7 != 3);
        if (i % 3 == 0)
            (void)wait_turn();
    }
}

/* Answers a byte with itself; false at the end of the connection. */
static bool echo(int fd)
{
    char byte;
    ssize_t got = read(fd, &byte, 1);

    return got < 0 || (got == 1 && write(fd, &byte, 1) == 1);
}

/* The far end of all, until all members are done. */
static void echo_all(struct member *members)
{
    int64_t limit = far();
    int done = 0;

    while (done < CROWD && clock_now() < limit) {
        for (int i = 0; i < atomic_load(&far_count); i++) {
            int fd = atomic_load(&far_ends[i]);
            if (fd > 0 && !echo(fd))
                close(atomic_exchange(&far_ends[i], -1));
        }
        for (done = 0; done < CROWD && atomic_load(&members[done].job.done);)
            done++;
    }
    assert_int_equal(done, CROWD);
}

static void crowd_on_two_workers_keeps_the_limits(void **state)
{
    static struct member members[CROWD];

    (void)state;
    pool_set_limits(pool, 6, 3, 7);
    atomic_store(&most_open, 0);
    for (int i = 0; i < CROWD; i++) {
        members[i] = (struct member){.number = i};
        job_post(workers[i % 2], &members[i].job, use_often, &members[i]);
    }
    echo_all(members);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(members[i].failures, 0);
        assert_int_equal(members[i].served, ROUNDS);
    }
    assert_in_range(atomic_load(&most_open), 2, 7);
    assert_int_equal(pool_counts(pool).waiting, 0);
    assert_in_range(pool_counts(pool).open, 0, 6);
}

/* ---- Fork ---- */

static void child_takes_nothing_of_the_parents(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("b", "h"), c = user_of("a", "h");
    int status = -1;
    char byte;
    pid_t child;

    take(state, &a);
    take(state, &b);
    give(state, &a);
    child = fork();
    if (child == 0) {
        struct worker *w = worker_new_inline();
        struct user own = user_of("a", "h");
        bool fine = w && pool_counts(pool).open == 0;
        run_here(w, take_step, &own);
        fine = fine && !own.result && own.connection->id == 2;
        run_here(w, return_step, &own);
        connection_free(b.connection);
        pool_unref(pool);
        worker_free_inline(w);
        _exit(fine ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(recv(far_ends[0], &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(take(state, &c), 0);
    give(state, &b);
    give(state, &c);
    assert_int_equal(pool_counts(pool).idle, 2);
    close(atomic_exchange(&far_ends[0], -1));
    await_idle(*state, 1);
}

static void child_holds_no_copy_open(void **state)
{
    struct user a = user_of("a", "h");
    struct timeval patience = {.tv_sec = 20};
    int status = -1, gate[2];
    char byte;
    pid_t child;

    take(state, &a);
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        bool told = read(gate[0], &byte, 1) == 1;
        connection_free(a.connection);
        _exit(told ? 0 : 1);
    }
    a.reusable = false;
    give(state, &a);
    /* The end arrives while the child lives, which has at most just begun to close its copy. */
    fcntl(far_ends[0], F_SETFL, 0);
    setsockopt(far_ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(read(far_ends[0], &byte, 1), 0);
    assert_int_equal(write(gate[1], "x", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(gate[0]);
    close(gate[1]);
}

/* ---- Memory ---- */

static void every_missing_allocation_is_told(void **state)
{
    struct user a, other = user_of("b", "h");
    int n = 0;

    take(state, &other); /* the waiting needs memory too */
    give(state, &other);
    pool_set_limits(pool, 10, 1, 1);
    do {
        struct worker *worker = *state;
        a = user_of("a", "h");
        job_post(worker, &a.job, take_step, &a);
        memory_left = 1 + n++; /* the fiber's own */
        while (!atomic_load(&a.job.done))
            worker_turn(worker, far());
        assert_true(a.result == CURLE_OK || a.result == CURLE_OUT_OF_MEMORY);
        if (!a.result) {
            a.reusable = false;
            give(state, &a);
        }
        assert_int_equal(pool_counts(pool).waiting, 0);
        assert_int_equal(pool_counts(pool).open, pool_counts(pool).idle);
    } while (memory_left < 0 && n < 50);
    memory_left = -1;
    assert_in_range(n, 3, 49);
}

#define WORKERS_TEST(name) cmocka_unit_test_setup_teardown(name, begin_workers, end_workers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(returned_connection_is_used_again),
        TEST(newest_idle_connection_comes_first),
        TEST(other_key_and_fresh_wish_get_new_ones),
        TEST(connection_of_an_owner_serves_nobody_else),
        TEST(connection_of_nobody_serves_who_may_become_its_owner),
        TEST(own_connection_goes_before_a_newer_one_of_nobody),
        TEST(place_of_an_owned_connection_goes_to_who_waits_as_another),
        TEST(connection_that_is_not_reusable_is_closed),
        TEST(old_connection_is_closed_instead),
        TEST(dead_connection_is_not_given_out),
        TEST(idle_connection_that_the_peer_closes_is_closed),
        TEST(idle_connection_that_says_something_is_closed),
        TEST(oldest_idle_connection_goes_when_there_are_too_many),
        TEST(default_keeps_four_a_handle),
        TEST(idle_connections_are_closed_on_request),
        TEST(host_limit_is_served_in_order),
        TEST(host_limit_leaves_other_hosts_alone),
        TEST(other_key_of_a_full_host_gets_a_new_connection),
        TEST(total_limit_closes_what_is_idle_elsewhere),
        TEST(total_limit_is_served_in_order_across_hosts),
        TEST(both_limits_hold_together),
        TEST(first_come_decides_between_the_lines),
        TEST(raised_limit_lets_the_waiting_in),
        TEST(place_that_is_given_up_goes_to_the_next),
        TEST(waiting_ends_at_its_deadline),
        TEST(cancelled_wait_passes_its_grant_on),
        TEST(cancelled_wait_leaves_the_line),
        TEST(connection_of_the_program_works_without_a_worker),
        TEST(program_closes_its_sockets),
        TEST(child_takes_nothing_of_the_parents),
        TEST(child_holds_no_copy_open),
        TEST(every_missing_allocation_is_told),
        WORKERS_TEST(connection_moves_and_is_watched_where_it_is),
        WORKERS_TEST(old_worker_hears_nothing_of_a_moved_connection),
        WORKERS_TEST(idle_connection_survives_its_worker),
        WORKERS_TEST(crowd_on_two_workers_keeps_the_limits),
    };

    use_short_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
