/* SPDX-License-Identifier: MIT */
/* Limits of connections: never passed, served in order, and the time in the queue counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum { COUNT = 12 };

static void add_numbered(CURLM *multi, struct server *server, struct fetch **fetches)
{
    for (int i = 0; i < COUNT; i++) {
        char path[16];

        snprintf(path, sizeof path, "/%d.", i);
        fetches[i] = fetch_new(server, path);
        multi_add(multi, fetches[i]);
    }
}

static void end_all(CURLM *multi, struct fetch **fetches)
{
    for (int i = 0; i < COUNT; i++) {
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
}

static const struct step after_release[] = {
    AT_REQUEST, AT_STALL(1), AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), AT_LOOP};
static const struct step close_after_release[] = {
    AT_REQUEST, AT_STALL(1),
    AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"), AT_END};

/* All count as running while most of them wait; the server never sees more than the limit at a
 * time. */
static void check_limit(CURLMoption option, const struct step *steps, bool kept)
{
    struct server *server = server_start_script(steps);
    struct fetch *fetches[COUNT];
    CURLM *multi = multi_new();

    assert_int_equal(curl_multi_setopt(multi, option, 2L), CURLM_OK);
    add_numbered(multi, server, fetches);
    assert_int_equal(perform(multi), COUNT);
    drive_until_server(multi, server, server_is_stalled, 2);
    assert_int_equal(perform_while_ready(multi), COUNT);
    assert_int_equal(server_accepted(server), 2);
    assert_int_equal(server_requests(server), 2);
    server_release(server, 1);
    drive_to_end(multi);
    for (int i = 0; i < COUNT; i++) {
        assert_fetched(fetches[i], 200, 2);
    }
    assert_int_equal(server_accepted(server), kept ? 2 : COUNT);
    end_all(multi, fetches);
    server_stop(server);
}

static void host_connections_stay_within_the_limit(void **state)
{
    (void)state;
    check_limit(CURLMOPT_MAX_HOST_CONNECTIONS, after_release, true);
}

static void total_connections_stay_within_the_limit(void **state)
{
    (void)state;
    check_limit(CURLMOPT_MAX_TOTAL_CONNECTIONS, after_release, true);
}

static void host_limit_holds_when_the_server_closes_each(void **state)
{
    (void)state;
    check_limit(CURLMOPT_MAX_HOST_CONNECTIONS, close_after_release, false);
}

static void total_limit_holds_when_the_server_closes_each(void **state)
{
    (void)state;
    check_limit(CURLMOPT_MAX_TOTAL_CONNECTIONS, close_after_release, false);
}

static void waiting_transfers_are_served_in_order(void **state)
{
    struct server *server;
    struct fetch *fetches[COUNT];
    CURLM *multi;

    (void)state;
    needs_libcurl(0x081400); /* 7.88.1 serves them in another order */
    server = server_start_bytes(10);
    multi = multi_new();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    add_numbered(multi, server, fetches);
    drive_to_end(multi);
    for (unsigned i = 0; i < COUNT; i++) {
        char line[32];

        snprintf(line, sizeof line, "GET /%u. ", i);
        assert_int_equal(strncmp(server_request(server, i, NULL, NULL), line, strlen(line)), 0);
    }
    assert_int_equal(server_accepted(server), 1);
    end_all(multi, fetches);
    server_stop(server);
}

static void host_limit_lets_another_host_through(void **state)
{
    struct server *silent = server_start_silent(), *server = server_start_bytes(10);
    struct fetch *holder = fetch_new(silent, "/"), *waiter = fetch_new(silent, "/");
    struct fetch *other = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    multi_add(multi, holder);
    drive_until_server(multi, silent, server_has_requests, 1);
    multi_add(multi, waiter);
    multi_add(multi, other);
    while (perform(multi) > 2) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    fetch_messages(multi);
    assert_fetched(other, 200, 10);
    assert_int_equal(server_accepted(silent), 1);
    multi_remove(multi, holder);
    multi_remove(multi, waiter);
    multi_remove(multi, other);
    curl_multi_cleanup(multi);
    fetch_free(holder);
    fetch_free(waiter);
    fetch_free(other);
    server_stop(silent);
    server_stop(server);
}

/* An idle connection to another host gives way when the total is used up. */
static void idle_connection_gives_way_under_the_total_limit(void **state)
{
    struct server *first = server_start_bytes(10), *second = server_start_bytes(20);
    struct fetch *one = fetch_new(first, "/"), *two = fetch_new(second, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 1L);
    multi_add(multi, one);
    drive_to_end(multi);
    multi_add(multi, two);
    drive_to_end(multi);
    assert_fetched(one, 200, 10);
    assert_fetched(two, 200, 20);
    server_wait(first, server_saw_closes, 1);
    multi_remove(multi, one);
    multi_remove(multi, two);
    curl_multi_cleanup(multi);
    fetch_free(one);
    fetch_free(two);
    server_stop(first);
    server_stop(second);
}

static void time_out_includes_the_waiting(void **state)
{
    struct server *server;
    struct fetch *holder, *waiter;
    CURLM *multi;
    int64_t start;

    (void)state;
    needs_libcurl(0x081400); /* 7.88.1 lets it wait for ever */
    server = server_start_silent();
    holder = fetch_new(server, "/holder");
    waiter = fetch_new(server, "/waiter");
    multi = multi_new();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    multi_add(multi, holder);
    drive_until_server(multi, server, server_has_requests, 1);
    curl_easy_setopt(waiter->easy, CURLOPT_TIMEOUT_MS, 150L);
    multi_add(multi, waiter);
    start = monotonic_ms();
    while (perform(multi) > 1) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
        assert_true(monotonic_ms() - start < 10000);
    }
    fetch_messages(multi);
    assert_int_equal(waiter->result, CURLE_OPERATION_TIMEDOUT);
    assert_true(monotonic_ms() - start >= 140);
    assert_int_equal(server_accepted(server), 1);
    multi_remove(multi, waiter);
    multi_remove(multi, holder);
    curl_multi_cleanup(multi);
    fetch_free(holder);
    fetch_free(waiter);
    server_stop(server);
}

/* Removing the one that holds the connection lets the next in. */
static void removal_of_the_holder_lets_the_next_in(void **state)
{
    static const struct step hold[] = {AT_REQUEST, AT_HOLD, AT_END};
    static const struct route routes[] = {
        {"/hold",        hold},
        {"",              after_release},
        {0}
    };
    struct server *server = server_start_routes(routes);
    struct fetch *holder = fetch_new(server, "/hold"), *waiter = fetch_new(server, "/next");
    CURLM *multi = multi_new();

    (void)state;
    server_release(server, 1);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    multi_add(multi, holder);
    drive_until_server(multi, server, server_has_requests, 1);
    multi_add(multi, waiter);
    assert_int_equal(perform_while_ready(multi), 2);
    multi_remove(multi, holder);
    drive_to_end(multi);
    assert_fetched(waiter, 200, 2);
    multi_remove(multi, waiter);
    curl_multi_cleanup(multi);
    fetch_free(holder);
    fetch_free(waiter);
    server_stop(server);
}

/* MAXCONNECTS of the multi handle: more idle connections than that are closed. */
static void idle_connections_stay_within_maxconnects(void **state)
{
    struct server *server = server_start_script(after_release);
    struct fetch *fetches[COUNT];
    CURLM *multi = multi_new();

    (void)state;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 3L);
    add_numbered(multi, server, fetches);
    drive_until_server(multi, server, server_is_stalled, COUNT);
    server_release(server, 1);
    drive_to_end(multi);
    server_wait(server, server_saw_closes, COUNT - 3);
    for (int i = 0; i < COUNT; i++) {
        assert_fetched(fetches[i], 200, 2);
    }
    assert_false(server_saw_closes(server, COUNT - 2));
    end_all(multi, fetches);
    server_wait(server, server_saw_closes, COUNT);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_connections_stay_within_the_limit),
        cmocka_unit_test(total_connections_stay_within_the_limit),
        cmocka_unit_test(host_limit_holds_when_the_server_closes_each),
        cmocka_unit_test(total_limit_holds_when_the_server_closes_each),
        cmocka_unit_test(waiting_transfers_are_served_in_order),
        cmocka_unit_test(host_limit_lets_another_host_through),
        cmocka_unit_test(idle_connection_gives_way_under_the_total_limit),
        cmocka_unit_test(time_out_includes_the_waiting),
        cmocka_unit_test(removal_of_the_holder_lets_the_next_in),
        cmocka_unit_test(idle_connections_stay_within_maxconnects),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
