/* SPDX-License-Identifier: MIT */
/* The stream that is a socket, and the waits of all streams. */
#include "connections.h"

#include "net/stream.h"

#include <signal.h>

struct line {
    int ends[2];
    struct socket_watch *watch;
    struct stream *stream;
    char bytes[64];
    size_t len;
    CURLcode result;
    int step;
};

static void line_open(struct line *l)
{
    *l = (struct line){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, l->ends),
                     0);
}

/* On a fiber. */
static void attach(struct line *l)
{
    if (socket_watch_open(l->ends[0], &l->watch))
        abort();
    l->stream = stream_new_socket(&l->watch->watch);
    if (!l->stream)
        abort();
}

static void line_close(struct line *l)
{
    stream_free(l->stream);
    socket_watch_drop(l->watch);
    close(l->ends[0]);
    if (l->ends[1] >= 0)
        close(l->ends[1]);
}

static void receive(void *argument)
{
    struct line *l = argument;

    attach(l);
    l->step = 1;
    l->result = stream_recv(l->stream, l->bytes, sizeof(l->bytes), far(), &l->len);
    l->step = 2;
}

static void turn_to(struct worker *w, const int *value, int wanted)
{
    int64_t limit = far();

    while (*value != wanted && clock_now() < limit)
        worker_turn(w, limit);
    assert_int_equal(*value, wanted);
}

static void receive_waits_for_bytes(void **state)
{
    struct line l;
    struct job job;

    line_open(&l);
    job_post(*state, &job, receive, &l);
    turn_to(*state, &l.step, 1);
    assert_int_equal(write(l.ends[1], "hello", 5), 5);
    turn_to(*state, &l.step, 2);
    assert_int_equal(l.result, CURLE_OK);
    assert_int_equal(l.len, 5);
    assert_memory_equal(l.bytes, "hello", 5);
    line_close(&l);
}

static void end_of_the_peer_is_no_bytes(void **state)
{
    struct line l;

    line_open(&l);
    close(l.ends[1]);
    l.ends[1] = -1;
    run_here(*state, receive, &l);
    assert_int_equal(l.result, CURLE_OK);
    assert_int_equal(l.len, 0);
    line_close(&l);
}

/* The end comes in one event with the last bytes. */
static void receive_until_end(void *argument)
{
    struct line *l = argument;
    size_t total = 0;

    attach(l);
    do {
        l->result = stream_recv(l->stream, l->bytes, sizeof(l->bytes), far(), &l->len);
        total += l->len;
    } while (!l->result && l->len);
    l->len = total;
}

static void end_behind_bytes_is_seen(void **state)
{
    struct line l;

    line_open(&l);
    assert_int_equal(write(l.ends[1], "hello", 5), 5);
    close(l.ends[1]);
    l.ends[1] = -1;
    run_here(*state, receive_until_end, &l);
    assert_int_equal(l.result, CURLE_OK);
    assert_int_equal(l.len, 5);
    line_close(&l);
}

/* The same after a wait. */
static void end_behind_bytes_is_seen_after_a_wait(void **state)
{
    struct line l;
    struct job job;

    line_open(&l);
    job_post(*state, &job, receive_until_end, &l);
    for (int i = 0; i < 3; i++)
        worker_turn(*state, 0);
    assert_int_equal(write(l.ends[1], "hello", 5), 5);
    close(l.ends[1]);
    l.ends[1] = -1;
    while (!atomic_load(&job.done))
        worker_turn(*state, far());
    assert_int_equal(l.result, CURLE_OK);
    assert_int_equal(l.len, 5);
    line_close(&l);
}

enum { MUCH = 3000000 };

static char much[MUCH], arrived[MUCH];

static void send_much(void *argument)
{
    struct line *l = argument;

    attach(l);
    l->result = stream_send_all(l->stream, much, MUCH, far());
    l->step = 1;
}

static void send_goes_on_when_there_is_room(void **state)
{
    struct line l;
    struct job job;
    size_t got = 0;
    int64_t limit = far();

    line_open(&l);
    for (size_t i = 0; i < MUCH; i++)
        much[i] = (char)(i * 7);
    job_post(*state, &job, send_much, &l);
    while (got < MUCH && clock_now() < limit) {
        ssize_t n;
        worker_turn(*state, 0);
        n = read(l.ends[1], arrived + got, MUCH - got);
        got += n > 0 ? (size_t)n : 0;
    }
    turn_to(*state, &l.step, 1);
    assert_int_equal(l.result, CURLE_OK);
    assert_memory_equal(much, arrived, MUCH);
    line_close(&l);
}

static void send_to_nobody_is_an_error_and_no_signal(void **state)
{
    struct line l;

    line_open(&l);
    close(l.ends[1]);
    l.ends[1] = -1;
    signal(SIGPIPE, SIG_DFL);
    run_here(*state, send_much, &l);
    assert_int_equal(l.result, CURLE_SEND_ERROR);
    assert_int_equal(l.stream->os_errno, EPIPE);
    line_close(&l);
}

/* A connection that the peer resets. */
static void reset_is_an_error_with_its_errno(void **state)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    struct line l = {0};
    int port, listener = listen_at("127.0.0.1", 0, 1, &port);
    struct address to = parsed("127.0.0.1", port);

    l.ends[0] = socket_open(AF_INET);
    (void)socket_connect(l.ends[0], &to);
    l.ends[1] = accept_from(listener);
    setsockopt(l.ends[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(l.ends[1]);
    l.ends[1] = -1;
    run_here(*state, receive, &l);
    assert_int_equal(l.result, CURLE_RECV_ERROR);
    assert_int_equal(l.stream->os_errno, ECONNRESET);
    line_close(&l);
    close(listener);
}

static void receive_shortly(void *argument)
{
    struct line *l = argument;

    attach(l);
    l->result =
        stream_recv(l->stream, l->bytes, sizeof(l->bytes), clock_now() + 5 * CLOCK_MS, &l->len);
}

static void receive_ends_at_its_deadline(void **state)
{
    struct line l;

    line_open(&l);
    run_here(*state, receive_shortly, &l);
    assert_int_equal(l.result, CURLE_OPERATION_TIMEDOUT);
    line_close(&l);
}

static void only_attach(void *argument)
{
    attach(argument);
}

static void life_is_seen_without_taking_bytes(void **state)
{
    struct line l;
    char byte;

    line_open(&l);
    run_here(*state, only_attach, &l);
    assert_true(l.stream->kind->seems_alive(l.stream));
    assert_int_equal(write(l.ends[1], "x", 1), 1);
    assert_false(l.stream->kind->seems_alive(l.stream));
    assert_int_equal(read(l.ends[0], &byte, 1), 1);
    assert_true(l.stream->kind->seems_alive(l.stream));
    close(l.ends[1]);
    l.ends[1] = -1;
    assert_false(l.stream->kind->seems_alive(l.stream));
    line_close(&l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_worker, without_worker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(receive_waits_for_bytes),           TEST(end_of_the_peer_is_no_bytes),
        TEST(end_behind_bytes_is_seen),          TEST(end_behind_bytes_is_seen_after_a_wait),
        TEST(send_goes_on_when_there_is_room),   TEST(send_to_nobody_is_an_error_and_no_signal),
        TEST(reset_is_an_error_with_its_errno),  TEST(receive_ends_at_its_deadline),
        TEST(life_is_seen_without_taking_bytes),
    };

    use_short_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
