/* SPDX-License-Identifier: MIT */
/* What only this library promises: transfers go on while the program is busy elsewhere, or inside a
 * callback of one of them. The server tells, not the clock. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

/* After one perform the program calls nothing more until the server has seen the whole request, the
 * body it sent taken off its hands, and the connection closed. */
static void transfer_ends_without_another_call(void **state)
{
    static const struct step steps[] = {AT_REQUEST,
                                        AT_SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
                                        AT_FILL(100000), AT_END};
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    multi_add(multi, fetch);
    perform(multi);
    server_wait(server, server_saw_closes, 1);
    assert_int_equal(fetch->body.len, 0); /* callbacks wait for the program */
    assert_int_equal(fetch->head.len, 0);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 100000);
    assert_body_is_pattern(&fetch->body);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* A program that waits turns the worker itself when it always comes back at once: that must not
 * hold up anything when one day it does not come back. */
static void transfer_ends_without_the_program_that_was_quick_before(void **state)
{
    static const struct step steps[] = {AT_REQUEST,
                                        AT_SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
                                        AT_FILL(100000), AT_END};
    struct server *quick, *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    quick = server_start_bytes(10);
    server = server_start_script(steps);
    multi = multi_new();
    for (int i = 0; i < 30; i++) {
        fetch = fetch_new(quick, "/");
        multi_add(multi, fetch);
        drive_to_end(multi);
        assert_fetched(fetch, 200, 10);
        multi_remove(multi, fetch);
        fetch_free(fetch);
    }
    fetch = fetch_new(server, "/");
    multi_add(multi, fetch);
    perform(multi);
    server_wait(server, server_saw_closes, 1);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 100000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(quick);
    server_stop(server);
}

/* A waiting transfer gets its connection although the program is away when it becomes free. */
static void waiting_transfer_starts_without_another_call(void **state)
{
    struct server *server;
    struct fetch *fetches[5];
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(10);
    multi = multi_new();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    for (int i = 0; i < 5; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    assert_true(perform(multi) <= 5); /* some may be through already */
    server_wait(server, server_has_requests, 5);
    drive_to_end(multi);
    for (int i = 0; i < 5; i++) {
        assert_fetched(fetches[i], 200, 10);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

static void post_is_sent_without_another_call(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), AT_LOOP};
    static char body[3000000];
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    curl_easy_setopt(fetch->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    multi_add(multi, fetch);
    perform(multi);
    server_wait(server, server_has_requests, 1);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 0);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void time_out_passes_without_another_call(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_silent();
    fetch = fetch_new(server, "/");
    multi = multi_new();
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 100L);
    multi_add(multi, fetch);
    perform(multi);
    server_wait(server, server_saw_closes, 1);
    drive_to_end(multi); /* the end is on its way */
    assert_int_equal(fetch->result, CURLE_OPERATION_TIMEDOUT);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* While away, a transfer stops at its window: memory stays bounded and the server feels it. */
static void transfer_stops_at_its_window_while_away(void **state)
{
    enum {
        SIZE = 100000000,
        BOUND = 40000000,
    };
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    uint64_t sent = 0;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(SIZE);
    fetch = fetch_new(server, "/");
    fetch->keep_no_body = true;
    multi = multi_new();
    multi_add(multi, fetch);
    perform(multi);
    server_wait(server, server_has_sent, 500000);
    for (int quiet = 0; quiet < 5;) {
        uint64_t now;

        usleep(40000); /* nothing to wait for: the point is that nothing moves any more */
        now = server_connection(server, 0)->sent;
        quiet = now == sent ? quiet + 1 : 0;
        sent = now;
        assert_true(sent < BOUND);
    }
    drive_to_end(multi);
    assert_fetched(fetch, 200, SIZE);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* A write callback that does not return until the other transfer's bytes have left the server. */
struct slow {
    struct fetch *fetch;
    struct server *other;
    uint64_t awaited;
    bool waited;
};

static size_t write_waits_for_the_other(char *bytes, size_t size, size_t count, void *data)
{
    struct slow *slow = data;

    if (!slow->waited) {
        slow->waited = true;
        server_wait(slow->other, server_has_sent, slow->awaited);
    }
    return fetch_write(bytes, size, count, slow->fetch);
}

static void slow_callback_does_not_stop_anothers_bytes(void **state)
{
    /* More than a socket buffer takes before the client reads, less than a window and the buffers.
     */
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n"), AT_STALL(1),
        AT_FILL(700000), AT_LOOP};
    const struct step *scripts[] = {steps, NULL};
    struct server *slow_server, *server;
    struct fetch *slow_fetch, *fetch;
    struct slow slow;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    slow_server = server_start_bytes(100);
    server = server_start(&(struct server_plan){.scripts = scripts, .send_buffer = 16384});
    slow_fetch = fetch_new(slow_server, "/slow");
    fetch = fetch_new(server, "/fast");
    multi = multi_new();
    slow = (struct slow){.fetch = slow_fetch, .other = server, .awaited = 700000};
    curl_easy_setopt(slow_fetch->easy, CURLOPT_WRITEFUNCTION, write_waits_for_the_other);
    curl_easy_setopt(slow_fetch->easy, CURLOPT_WRITEDATA, &slow);
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_is_stalled, 1);
    server_release(server, 1);
    multi_add(multi, slow_fetch);
    drive_to_end(multi);
    assert_true(slow.waited);
    assert_fetched(slow_fetch, 200, 100);
    assert_fetched(fetch, 200, 700000);
    assert_body_is_pattern(&fetch->body);
    multi_remove(multi, fetch);
    multi_remove(multi, slow_fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    fetch_free(slow_fetch);
    server_stop(server);
    server_stop(slow_server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfer_ends_without_another_call),
        cmocka_unit_test(transfer_ends_without_the_program_that_was_quick_before),
        cmocka_unit_test(waiting_transfer_starts_without_another_call),
        cmocka_unit_test(post_is_sent_without_another_call),
        cmocka_unit_test(time_out_passes_without_another_call),
        cmocka_unit_test(transfer_stops_at_its_window_while_away),
        cmocka_unit_test(slow_callback_does_not_stop_anothers_bytes),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
