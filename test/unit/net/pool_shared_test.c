/* SPDX-License-Identifier: MIT */
/* Connections that several transfers are on, and what becomes of them at rest: with a protocol of
 * the test's own, whose peer is the test. It reads bytes: 'p' is answered, 'x' says that it is
 * over, the end is the end. */
#include "pool_world.h"

/* A session of the test's, one a connection. */
struct session {
    atomic_int rests, wakes, tends, pings, shuts;
    atomic_int freed;
    atomic_bool over; /* it heard an 'x', or the end */
};

static struct session sessions[8];
static atomic_int session_count;

static void listen_to_nothing(struct watch *watch, void *argument)
{
    (void)watch;
    (void)argument;
}

static bool hear(struct connection *c)
{
    struct session *s = c->session;
    char byte;
    size_t got;
    CURLcode result;

    while (!(result = stream_try_recv(c->stream, &byte, 1, &got)) && got) {
        size_t sent;

        if (byte == 'x')
            s->over = true;
        else if (stream_try_send(c->stream, "P", 1, &sent))
            s->over = true;
    }
    if (result != CURLE_AGAIN)
        s->over = true;
    return !s->over;
}

static bool rest(struct connection *c)
{
    struct session *s = c->session;

    s->rests++;
    return hear(c);
}

static bool wake(struct connection *c)
{
    struct session *s = c->session;

    s->wakes++;
    c->watch->watch.on_event = listen_to_nothing;
    c->watch->watch.ready |= WAIT_READ;
    return hear(c);
}

static bool tend(struct connection *c, bool ping)
{
    struct session *s = c->session;
    size_t sent;

    s->tends++;
    if (ping) {
        s->pings++;
        if (stream_try_send(c->stream, "?", 1, &sent))
            return false;
    }
    return hear(c);
}

static void shut(struct connection *c)
{
    struct session *s = c->session;

    s->shuts++;
}

static void free_session(struct connection *c)
{
    struct session *s = c->session;

    s->freed++;
}

static const struct multiplex protocol = {
    .rest = rest, .wake = wake, .tend = tend, .shut = shut, .free = free_session};

/* Takes a connection; a new one is shared from now on. */
static void take_shared_step(void *argument)
{
    struct user *u = argument;

    take_step(u);
    if (!u->result && !u->connection->multiplex) {
        struct session *s = &sessions[atomic_fetch_add(&session_count, 1)];

        *s = (struct session){0};
        pool_share(u->connection, &protocol, s, 3);
    }
}

static curl_off_t take_shared(struct worker *w, struct user *u)
{
    run_here(w, take_shared_step, u);
    assert_int_equal(u->result, CURLE_OK);
    return u->connection->id;
}

static void leave(struct worker *w, struct user *u)
{
    run_here(w, return_step, u);
}

static int begin_shared(void **state)
{
    atomic_store(&session_count, 0);
    return begin(state);
}

/* One byte from the connection, or 0 for none. */
static char heard(int number)
{
    char byte = 0;

    return recv(far_ends[number], &byte, 1, MSG_DONTWAIT) == 1 ? byte : 0;
}

static void say(int number, const char *what)
{
    assert_int_equal(write(far_ends[number], what, strlen(what)), strlen(what));
}

/* ---- In use ---- */

static void transfers_of_a_worker_share_until_it_is_full(void **state)
{
    struct user u[4];

    for (int i = 0; i < 4; i++) {
        u[i] = user_of("a", "h");
        assert_int_equal(take_shared(*state, &u[i]), i / 3);
    }
    assert_int_equal(pool_counts(pool).open, 2);
    for (int i = 0; i < 4; i++)
        leave(*state, &u[i]);
    assert_int_equal(pool_counts(pool).idle, 2);
}

static void who_wants_one_alone_gets_its_own(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    b.wish.alone = true;
    assert_int_equal(take_shared(*state, &a), 0);
    assert_int_equal(take_shared(*state, &b), 1);
    leave(*state, &a);
    leave(*state, &b);
}

static void connection_rests_with_its_last_transfer_only(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    take_shared(*state, &a);
    take_shared(*state, &b);
    leave(*state, &a);
    assert_int_equal(sessions[0].rests, 0);
    assert_int_equal(pool_counts(pool).idle, 0);
    leave(*state, &b);
    assert_int_equal(sessions[0].rests, 1);
    assert_int_equal(pool_counts(pool).idle, 1);
}

static void retired_connection_ends_with_its_last_transfer(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");

    take_shared(*state, &a);
    take_shared(*state, &b);
    pool_set_streams(a.connection, 0);
    assert_int_equal(take_shared(*state, &c), 1);
    leave(*state, &a);
    assert_int_equal(sessions[0].freed, 0);
    leave(*state, &b);
    assert_int_equal(sessions[0].freed, 1);
    assert_int_equal(sessions[0].shuts, 1);
    assert_int_equal(sessions[0].rests, 0);
    leave(*state, &c);
    assert_int_equal(pool_counts(pool).open, 1);
}

static void raised_limit_lets_who_waits_join(void **state)
{
    struct user u[4];

    pool_set_limits(pool, 10, 1, 0);
    for (int i = 0; i < 3; i++) {
        u[i] = user_of("a", "h");
        take_shared(*state, &u[i]);
    }
    u[3] = user_of("a", "h");
    begin_take(state, &u[3]);
    assert_false(took(&u[3]));
    pool_set_streams(u[0].connection, 4);
    turn(*state);
    assert_true(took(&u[3]));
    assert_ptr_equal(u[3].connection, u[0].connection);
    for (int i = 0; i < 4; i++)
        leave(*state, &u[i]);
}

/* ---- At rest ---- */

static void resting_connection_wakes_on_another_worker(void **state)
{
    struct worker *other = worker_new_inline();
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    assert_int_equal(take_shared(other, &b), 0);
    assert_int_equal(sessions[0].wakes, 1);
    assert_int_equal(take_shared(other, &c), 0);
    leave(other, &b);
    leave(other, &c);
    worker_free_inline(other);
    assert_int_equal(take_shared(*state, &a), 0);
    leave(*state, &a);
    assert_int_equal(sessions[0].freed, 0);
}

static void connection_in_use_is_not_for_another_worker(void **state)
{
    struct worker *other = worker_new_inline();
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    take_shared(*state, &a);
    assert_int_equal(take_shared(other, &b), 1);
    leave(*state, &a);
    leave(other, &b);
    worker_free_inline(other);
}

static void what_comes_at_rest_is_answered(void **state)
{
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    say(0, "p");
    turn(*state);
    assert_int_equal(heard(0), 'P');
    assert_int_equal(sessions[0].tends, 1);
    assert_int_equal(pool_counts(pool).idle, 1);
}

static void what_came_unseen_is_answered_on_waking(void **state)
{
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    say(0, "p");
    assert_int_equal(take_shared(*state, &a), 0);
    assert_int_equal(heard(0), 'P');
    leave(*state, &a);
}

static void good_bye_at_rest_closes(void **state)
{
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    say(0, "x");
    await_idle(*state, 0);
    assert_int_equal(sessions[0].freed, 1);
    assert_int_equal(take_shared(*state, &a), 1);
    leave(*state, &a);
    close(atomic_exchange(&far_ends[1], -1));
    await_idle(*state, 0);
    assert_int_equal(sessions[1].freed, 1);
}

static void good_bye_that_came_unseen_means_a_new_connection(void **state)
{
    struct worker *other = worker_new_inline();
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    say(0, "x");
    assert_int_equal(take_shared(other, &a), 1);
    assert_int_equal(sessions[0].freed, 1);
    assert_int_equal(pool_counts(pool).open, 1);
    leave(other, &a);
    worker_free_inline(other);
}

static void old_connection_at_rest_is_closed_instead(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");

    take_shared(*state, &a);
    a.connection->opened -= 10 * CLOCK_SECOND;
    leave(*state, &a);
    b.wish.max_life_us = 9 * CLOCK_SECOND;
    assert_int_equal(take_shared(*state, &b), 1);
    assert_int_equal(sessions[0].freed, 1);
    leave(*state, &b);
}

static void resting_connection_goes_to_who_waits_on_another_worker(void **state)
{
    struct worker *other = worker_new_inline();
    struct user a = user_of("a", "h"), b = user_of("a", "h"), c = user_of("a", "h");
    void *there = other;

    pool_set_limits(pool, 10, 1, 0);
    take_shared(*state, &a);
    begin_take(&there, &b);
    begin_take(&there, &c);
    leave(*state, &a);
    turn(other);
    assert_true(took(&b));
    assert_true(took(&c)); /* it has room for both once it is awake */
    assert_int_equal(b.connection->id, 0);
    assert_ptr_equal(b.connection, c.connection);
    leave(other, &b);
    leave(other, &c);
    worker_free_inline(other);
}

static void dead_connection_that_was_granted_leaves_its_place(void **state)
{
    struct worker *other = worker_new_inline();
    struct user a = user_of("a", "h"), b = user_of("a", "h");
    void *there = other;

    pool_set_limits(pool, 10, 1, 0);
    take_shared(*state, &a);
    begin_take(&there, &b);
    leave(*state, &a);
    say(0, "x");
    turn(other);
    assert_true(took(&b));
    assert_int_equal(b.connection->id, 1);
    assert_int_equal(pool_counts(pool).open, 1);
    leave(other, &b);
    worker_free_inline(other);
}

static void grant_of_a_cancelled_wait_rests_again(void **state)
{
    struct user a = user_of("a", "h"), b = user_of("a", "h");
    struct crossing x = {.leaver = &a, .quitter = &b};

    pool_set_limits(pool, 10, 1, 0);
    condition_init(&x.go);
    take_shared(*state, &a);
    pool_set_streams(a.connection, 1);
    begin_take(state, &b);
    job_post(*state, &x.job, return_when_told, &x);
    turn(*state);
    run_here(*state, tell_and_cancel, &x);
    while (!atomic_load(&b.job.done))
        worker_turn(*state, far());
    assert_int_equal(b.result, CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(pool_counts(pool).idle, 1);
    assert_int_equal(take_shared(*state, &a), 0);
    leave(*state, &a);
}

static void resting_connections_are_closed_on_request(void **state)
{
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    pool_close_idle(pool);
    assert_int_equal(sessions[0].shuts, 1);
    assert_int_equal(sessions[0].freed, 1);
    assert_int_equal(pool_counts(pool).open, 0);
}

/* ---- Signs of life ---- */

static void long_rest_is_interrupted_by_a_ping(void **state)
{
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    pool_keep_up(pool, CLOCK_SECOND);
    assert_int_equal(sessions[0].pings, 0);
    pool_keep_up(pool, 0);
    assert_int_equal(heard(0), '?');
    pool_keep_up(pool, CLOCK_SECOND);
    assert_int_equal(sessions[0].pings, 1);
    assert_int_equal(pool_counts(pool).idle, 1);
    take_shared(*state, &a);
    pool_keep_up(pool, 0);
    assert_int_equal(sessions[0].pings, 1); /* it is in use */
    leave(*state, &a);
}

static void ping_finds_who_is_gone(void **state)
{
    struct user a = user_of("a", "h");

    take_shared(*state, &a);
    leave(*state, &a);
    say(0, "x");
    pool_keep_up(pool, 0);
    assert_int_equal(sessions[0].freed, 1);
    assert_int_equal(pool_counts(pool).open, 0);
}

/* ---- Homes ---- */

enum { TAKEN = 8 };

/* Keeps its worker busy until it is told to stop. */
struct load {
    struct job job;
    atomic_bool stop;
};

static void toil(void *argument)
{
    struct load *l = argument;

    while (!atomic_load(&l->stop))
        continue;
}

static void take_shared_there(struct worker *w, struct user *u)
{
    job_post(w, &u->job, take_shared_step, u);
    job_join(&u->job);
    assert_int_equal(u->result, CURLE_OK);
}

static void leave_there(struct worker *w, struct user *u)
{
    job_post(w, &u->job, return_step, u);
    job_join(&u->job);
}

/* The home of the host "h", where connections on so many workers may be; NULL with "elsewhere". */
static struct worker *home_of_h(int most)
{
    bool elsewhere = false;
    struct worker *w = pool_home(pool, str_of("h"), most, &elsewhere);

    assert_int_equal(elsewhere, w == NULL);
    worker_unref(w);
    return w;
}

/* On a machine that has no time for it a worker looks busy for a while, too. */
static void await_home(int most, const struct worker *w)
{
    int64_t limit = far();

    while (home_of_h(most) != w && clock_now() < limit)
        usleep(1000);
    assert_true(clock_now() < limit);
}

static void saturated_home_sends_to_another_worker(void **state)
{
    struct worker *taken[TAKEN], *first, *second = NULL;
    struct user a = user_of("a", "h"), b = user_of("a", "h");
    struct load load = {0};

    (void)state;
    workers_set_max(2);
    for (int i = 0; i < TAKEN; i++) { /* until there are two */
        taken[i] = workers_take(true);
        if (taken[i] != taken[0])
            second = taken[i];
    }
    first = taken[0];
    assert_non_null(second);
    take_shared_there(first, &a);
    assert_ptr_equal(home_of_h(1), first);
    await_home(2, first);
    job_post(first, &load.job, toil, &load);
    await_home(2, NULL);
    assert_ptr_equal(home_of_h(1), first);
    assert_null(home_of_h(2));
    take_shared_there(second, &b);
    await_home(2, second);
    await_home(3, second);
    atomic_store(&load.stop, true);
    job_join(&load.job);
    leave_there(first, &a);
    leave_there(second, &b);
    assert_int_equal(pool_counts(pool).open, 2);
    pool_close_idle(pool);
    for (int i = 0; i < TAKEN; i++)
        workers_done(taken[i], true);
}

/* ---- A crowd ---- */

enum { CROWD = 4, ROUNDS = 300 };

struct member {
    struct job job;
    struct user user;
};

static void come_and_go(void *argument)
{
    struct member *m = argument;

    for (int i = 0; i < ROUNDS; i++) {
        take_step(&m->user);
        if (m->user.result)
            return;
        if (!m->user.connection->multiplex) {
            int at = atomic_fetch_add(&session_count, 1) % 8;

            pool_share(m->user.connection, &protocol, &sessions[at], 3);
        }
        if (i % 3 == 0)
            wait_turn();
        return_step(&m->user);
    }
}

static void crowd_on_two_workers_passes_one_connection_on(void **state)
{
    struct member members[2 * CROWD] = {0};
    struct worker *workers[2 * CROWD];

    (void)state;
    memset(sessions, 0, sizeof(sessions));
    workers_set_max(2);
    pool_set_limits(pool, 1, 1, 0);
    for (int i = 0; i < 2 * CROWD; i++) {
        members[i].user = user_of("a", "h");
        workers[i] = workers_take(true);
        job_post(workers[i], &members[i].job, come_and_go, &members[i]);
    }
    for (int i = 0; i < 2 * CROWD; i++) {
        pool_keep_up(pool, 0);
        job_join(&members[i].job);
        assert_int_equal(members[i].user.result, CURLE_OK);
        workers_done(workers[i], true);
    }
    assert_int_equal(pool_counts(pool).open, 1);
    pool_close_idle(pool);
}

#define SHARED_TEST(name) cmocka_unit_test_setup_teardown(name, begin_shared, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(transfers_of_a_worker_share_until_it_is_full),
        SHARED_TEST(who_wants_one_alone_gets_its_own),
        SHARED_TEST(connection_rests_with_its_last_transfer_only),
        SHARED_TEST(retired_connection_ends_with_its_last_transfer),
        SHARED_TEST(raised_limit_lets_who_waits_join),
        SHARED_TEST(resting_connection_wakes_on_another_worker),
        SHARED_TEST(connection_in_use_is_not_for_another_worker),
        SHARED_TEST(what_comes_at_rest_is_answered),
        SHARED_TEST(what_came_unseen_is_answered_on_waking),
        SHARED_TEST(good_bye_at_rest_closes),
        SHARED_TEST(good_bye_that_came_unseen_means_a_new_connection),
        SHARED_TEST(old_connection_at_rest_is_closed_instead),
        SHARED_TEST(resting_connection_goes_to_who_waits_on_another_worker),
        SHARED_TEST(dead_connection_that_was_granted_leaves_its_place),
        SHARED_TEST(grant_of_a_cancelled_wait_rests_again),
        SHARED_TEST(resting_connections_are_closed_on_request),
        SHARED_TEST(long_rest_is_interrupted_by_a_ping),
        SHARED_TEST(ping_finds_who_is_gone),
        SHARED_TEST(saturated_home_sends_to_another_worker),
        SHARED_TEST(crowd_on_two_workers_passes_one_connection_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
