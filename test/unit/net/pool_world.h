/* SPDX-License-Identifier: MIT */
/* What the tests of the pool share: connections whose far ends are the test's, and the steps of
 * their users. */
#ifndef TEST_UNIT_NET_POOL_WORLD_H
#define TEST_UNIT_NET_POOL_WORLD_H

#include "connections.h"

#include "net/pool.h"

enum { FAR_ENDS = 4096 };

static struct pool *pool;
static atomic_int far_ends[FAR_ENDS], far_count; /* in order of opening; 0 or -1: none */

static inline int begin(void **state)
{
    atomic_store(&far_count, 0);
    pool = pool_new();
    return pool ? with_worker(state) : -1;
}

static inline int end(void **state)
{
    struct pool_counts counts = pool_counts(pool);
    int wrong = counts.waiting || counts.open != counts.idle;

    pool_unref(pool);
    for (int i = 0; i < atomic_load(&far_count); i++)
        close(atomic_exchange(&far_ends[i], 0));
    return without_worker(state) || wrong;
}

/* ---- Connections to the test ---- */

static inline struct pool_wish wish_for(const char *key, const char *host)
{
    return (struct pool_wish){.key = str_of(key), .host = str_of(host)};
}

/* Opens a connection in a place that is taken. On a fiber. */
static inline CURLcode open_in_place(const struct pool_wish *wish, struct connection **ret)
{
    int ends[2];
    struct connection *c;
    CURLcode result;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
        return CURLE_COULDNT_CONNECT;
    c = connection_new(ends[0], NULL);
    if (!c) {
        close(ends[0]);
        close(ends[1]);
        return CURLE_OUT_OF_MEMORY;
    }
    result = socket_watch_open(c->fd, &c->watch);
    if (!result) {
        c->stream = stream_new_socket(&c->watch->watch);
        result = c->stream ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    }
    if (result) {
        connection_free(c);
        close(ends[1]);
        return result;
    }
    c->opened = clock_now();
    atomic_store(&far_ends[atomic_fetch_add(&far_count, 1) % FAR_ENDS], ends[1]);
    pool_adopt(pool, wish, c);
    *ret = c;
    return CURLE_OK;
}

/* A connection from the pool, or a new one. */
static inline CURLcode get(const struct pool_wish *wish, int64_t deadline, struct connection **ret)
{
    CURLcode result;

    *ret = NULL;
    result = pool_take(pool, wish, deadline, ret);
    if (result || *ret)
        return result;
    result = open_in_place(wish, ret);
    if (result)
        pool_give_up(pool, wish);
    return result;
}

/* ---- Steps of a test, on an inline worker's fibers ---- */

struct user {
    struct job job;
    struct pool_wish wish;
    int64_t timeout_us;
    struct connection *connection;
    CURLcode result;
    bool reusable;
};

static inline void take_step(void *argument)
{
    struct user *u = argument;

    u->result = get(&u->wish, u->timeout_us ? clock_now() + u->timeout_us : far(), &u->connection);
}

static inline void return_step(void *argument)
{
    struct user *u = argument;

    (void)pool_return(u->connection, u->reusable);
    u->connection = NULL;
}

static inline void turn(struct worker *w)
{
    for (int i = 0; i < 3; i++)
        worker_turn(w, 0);
}

static inline struct user user_of(const char *key, const char *host)
{
    return (struct user){.wish = wish_for(key, host), .reusable = true};
}

static inline curl_off_t take(void **state, struct user *u)
{
    run_here(*state, take_step, u);
    assert_int_equal(u->result, CURLE_OK);
    return u->connection->id;
}

static inline void give(void **state, struct user *u)
{
    run_here(*state, return_step, u);
}

/* Takes without waiting for the end. */
static inline void begin_take(void **state, struct user *u)
{
    job_post(*state, &u->job, take_step, u);
    turn(*state);
}

static inline bool took(const struct user *u)
{
    return atomic_load(&u->job.done) && !u->result;
}

static inline void await_idle(struct worker *w, size_t count)
{
    int64_t limit = far();

    while (pool_counts(pool).idle != count && clock_now() < limit)
        worker_turn(w, clock_now() + 10 * CLOCK_MS);
    assert_int_equal(pool_counts(pool).idle, count);
}

/* ---- A grant that crosses with a cancellation ---- */

struct crossing {
    struct user *leaver, *quitter;
    struct condition go;
    struct job job;
};

static inline void return_when_told(void *argument)
{
    struct crossing *x = argument;

    if (!wait_on(&x->go, far()))
        (void)pool_return(x->leaver->connection, x->leaver->reusable);
}

/* The one who returns is ready before the one who is cancelled, so the grant is posted and not
 * delivered when that one looks. */
static inline void tell_and_cancel(void *argument)
{
    struct crossing *x = argument;

    condition_signal(&x->go);
    fiber_cancel(x->quitter->job.fiber);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
