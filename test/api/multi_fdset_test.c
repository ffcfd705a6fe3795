/* SPDX-License-Identifier: MIT */
/* curl_multi_fdset(), curl_multi_waitfds() and curl_multi_timeout(): what a loop around select() or
 * poll() gets to see. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

struct sets {
    fd_set read, write, except;
    int max;
};

static void take_sets(CURLM *multi, struct sets *sets)
{
    FD_ZERO(&sets->read);
    FD_ZERO(&sets->write);
    FD_ZERO(&sets->except);
    sets->max = -2;
    assert_int_equal(curl_multi_fdset(multi, &sets->read, &sets->write, &sets->except, &sets->max),
                     CURLM_OK);
}

static long timeout_of(CURLM *multi)
{
    long timeout_ms = -99;

    assert_int_equal(curl_multi_timeout(multi, &timeout_ms), CURLM_OK);
    return timeout_ms;
}

/* git's loop: timeout 0 spins, -1 means 50 ms, no descriptor means at most 50 ms. Returns how often
 * it waited. */
static unsigned select_until_done(CURLM *multi, long most_ms)
{
    int64_t start = monotonic_ms();
    unsigned full_waits = 0;

    while (perform(multi) > 0) {
        long wait_ms = timeout_of(multi);
        struct sets sets;
        struct timeval time;

        assert_true(monotonic_ms() - start < 20000);
        if (wait_ms == 0) {
            continue;
        }
        take_sets(multi, &sets);
        if (wait_ms < 0 || wait_ms > most_ms) {
            wait_ms = most_ms;
        }
        if (sets.max < 0 && wait_ms > 50) {
            wait_ms = 50;
        }
        time = (struct timeval){.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
        full_waits += select(sets.max + 1, &sets.read, &sets.write, &sets.except, &time) == 0;
    }
    fetch_messages(multi);
    return full_waits;
}

static void nothing_is_shown_when_nothing_runs(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct sets sets;

    (void)state;
    take_sets(multi, &sets);
    assert_int_equal(sets.max, -1);
    multi_add(multi, fetch);
    drive_to_end(multi);
    take_sets(multi, &sets);
    assert_int_equal(sets.max, -1);
    multi_remove(multi, fetch);
    take_sets(multi, &sets); /* the connection is idle now */
    assert_int_equal(sets.max, -1);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void running_transfer_shows_a_descriptor(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct sets sets;

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    take_sets(multi, &sets);
    assert_true(sets.max >= 0);
    assert_true(FD_ISSET(sets.max, &sets.read));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void sets_are_added_to_not_cleared(void **state)
{
    CURLM *multi = multi_new();
    fd_set set;
    int max = 0;

    (void)state;
    FD_ZERO(&set);
    FD_SET(1, &set);
    assert_int_equal(curl_multi_fdset(multi, &set, &set, &set, &max), CURLM_OK);
    assert_true(FD_ISSET(1, &set));
    curl_multi_cleanup(multi);
}

static void select_loop_completes(void **state)
{
    struct server *server = server_start_bytes(300000);
    struct fetch *fetches[5];
    CURLM *multi = multi_new();

    (void)state;
    for (int i = 0; i < 5; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    select_until_done(multi, 50);
    for (int i = 0; i < 5; i++) {
        assert_fetched(fetches[i], 200, 300000);
        assert_body_is_pattern(&fetches[i]->body);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

/* A completion makes a reported descriptor ready: a loop that waits ten seconds at a time is not
 * slower. */
static void completion_makes_a_descriptor_ready(void **state)
{
    static const struct step steps[] = {AT_REQUEST, AT_STALL(1),
                                        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
                                        AT_LOOP};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 0L);
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_is_stalled, 1);
    perform_while_ready(multi);
    server_release(server, 1);
    assert_int_equal(select_until_done(multi, 10000), 0);
    assert_fetched(fetch, 200, 2);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* All descriptors below FD_SETSIZE are taken: what is above is left out of the sets, and the loop
 * still ends. */
static void descriptors_past_fd_setsize_are_left_out(void **state)
{
    struct rlimit limit;
    static int taken[FD_SETSIZE];
    int count = 0;
    struct server *server = server_start_bytes(1000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi;
    struct sets sets;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < FD_SETSIZE + 100) {
        fetch_free(fetch);
        server_stop(server);
        skip();
    }
    for (int fd = 0; fd < FD_SETSIZE - 1 && count < FD_SETSIZE;) {
        fd = dup(0);
        taken[count++] = fd;
    }
    multi = multi_new();
    multi_add(multi, fetch);
    perform(multi);
    take_sets(multi, &sets);
    assert_true(sets.max < FD_SETSIZE);
    select_until_done(multi, 50);
    assert_fetched(fetch, 200, 1000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    while (count > 0) {
        close(taken[--count]);
    }
    fetch_free(fetch);
    server_stop(server);
}

static void waitfds_gives_what_poll_can_wait_for(void **state)
{
    static const struct step steps[] = {AT_REQUEST, AT_STALL(1),
                                        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
                                        AT_LOOP};
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    struct curl_waitfd fds[4] = {{0}};
    struct pollfd polled;
    unsigned count = 99;

    (void)state;
    if (!library()->multi_waitfds) {
        skip();
    }
    server = server_start_script(steps);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    assert_int_equal(library()->multi_waitfds(multi, fds, 4, &count), CURLM_OK);
    assert_int_equal(count, 0);
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_is_stalled, 1);
    perform_while_ready(multi);
    assert_int_equal(library()->multi_waitfds(multi, NULL, 0, &count), CURLM_OK);
    assert_true(count >= 1);
    assert_int_equal(library()->multi_waitfds(multi, fds, 4, &count), CURLM_OK);
    assert_int_equal(count, 1);
    assert_int_equal(library()->multi_waitfds(multi, fds, 4, NULL), CURLM_OK);
    polled = (struct pollfd){.fd = fds[0].fd, .events = POLLIN};
    assert_true(fds[0].events & CURL_WAIT_POLLIN);
    assert_int_equal(poll(&polled, 1, 0), 0);
    server_release(server, 1);
    assert_int_equal(poll(&polled, 1, 10000), 1);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 2);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void waitfds_without_its_array_is_refused(void **state)
{
    CURLM *multi;
    unsigned count;

    (void)state;
    if (!library()->multi_waitfds) {
        skip();
    }
    multi = multi_new();
    assert_int_equal(library()->multi_waitfds(multi, NULL, 3, &count), CURLM_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(library()->multi_waitfds(multi, NULL, 0, NULL), CURLM_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(library()->multi_waitfds(NULL, NULL, 0, &count), CURLM_BAD_HANDLE);
    curl_multi_cleanup(multi);
}

static void timeout_is_minus_one_without_transfers(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    assert_int_equal(timeout_of(multi), -1);
    multi_add(multi, fetch);
    drive_to_end(multi);
    multi_remove(multi, fetch);
    assert_int_equal(timeout_of(multi), -1);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void timeout_is_zero_after_add(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    assert_int_equal(timeout_of(multi), 0);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
}

static void timeout_is_not_zero_while_a_server_is_awaited(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    for (int i = 0; i < 100 && timeout_of(multi) == 0; i++) {
        perform(multi);
    }
    assert_int_not_equal(timeout_of(multi), 0);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* What has come while the program did not look is something that perform has to deliver. */
static void timeout_is_zero_when_something_is_to_be_delivered(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    int ready = 0;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(10);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    multi_add(multi, fetch);
    perform(multi);
    while (ready == 0) {
        assert_int_equal(curl_multi_poll(multi, NULL, 0, 10000, &ready), CURLM_OK);
    }
    assert_int_equal(timeout_of(multi), 0);
    drive_to_end(multi);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_shown_when_nothing_runs),
        cmocka_unit_test(running_transfer_shows_a_descriptor),
        cmocka_unit_test(sets_are_added_to_not_cleared),
        cmocka_unit_test(select_loop_completes),
        cmocka_unit_test(completion_makes_a_descriptor_ready),
        cmocka_unit_test(descriptors_past_fd_setsize_are_left_out),
        cmocka_unit_test(waitfds_gives_what_poll_can_wait_for),
        cmocka_unit_test(waitfds_without_its_array_is_refused),
        cmocka_unit_test(timeout_is_minus_one_without_transfers),
        cmocka_unit_test(timeout_is_zero_after_add),
        cmocka_unit_test(timeout_is_not_zero_while_a_server_is_awaited),
        cmocka_unit_test(timeout_is_zero_when_something_is_to_be_delivered),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
