/* SPDX-License-Identifier: MIT */
/* Time-outs, speed limits, size limits. Times are asserted from below and far from above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum { FAR_MS = 8000 };

/* Performs, and checks that it took at least so long and not for ever. */
static CURLcode timed_perform(struct fetch *fetch, int64_t at_least_ms)
{
    int64_t start = monotonic_ms(), took;

    fetch->result = curl_easy_perform(fetch->easy);
    took = monotonic_ms() - start;
    assert_true(took >= at_least_ms);
    assert_true(took < FAR_MS);
    return fetch->result;
}

static void time_out_ends_a_silent_server(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 120L);
    assert_int_equal(timed_perform(fetch, 110), CURLE_OPERATION_TIMEDOUT);
    assert_true(strlen(fetch->error) > 0);
    server_wait(server, server_saw_closes, 1);
    fetch_free(fetch);
    server_stop(server);
}

static void time_out_ends_a_body_that_stalls(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), AT_HOLD};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 200L);
    assert_int_equal(timed_perform(fetch, 190), CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(fetch->body.len, 5);
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), 200);
    fetch_free(fetch);
    server_stop(server);
}

static void connect_time_out_ends_a_stuck_connect(void **state)
{
    struct blackhole hole;
    struct fetch *fetch;
    char url[64];

    (void)state;
    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    fetch = fetch_new_url(url);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECTTIMEOUT_MS, 150L);
    assert_int_equal(timed_perform(fetch, 140), CURLE_OPERATION_TIMEDOUT);
    fetch_free(fetch);
    blackhole_close(&hole);
}

/* The time of the connect does not limit what comes after it. */
static void connect_time_out_does_not_end_a_slow_answer(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECTTIMEOUT_MS, 100L);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 400L);
    assert_int_equal(timed_perform(fetch, 390), CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(server_requests(server), 1);
    fetch_free(fetch);
    server_stop(server);
}

static void low_speed_ends_a_stalled_transfer(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nhello"), AT_HOLD};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_LOW_SPEED_LIMIT, 1000L);
    curl_easy_setopt(fetch->easy, CURLOPT_LOW_SPEED_TIME, 1L);
    assert_int_equal(timed_perform(fetch, 900), CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(fetch->body.len, 5);
    fetch_free(fetch);
    server_stop(server);
}

static void max_file_size_refuses_before_any_byte(void **state)
{
    struct server *server = server_start_bytes(1001);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_MAXFILESIZE, 1000L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_FILESIZE_EXCEEDED);
    assert_int_equal(fetch->body.len, 0);
    fetch_free(fetch);
    server_stop(server);
}

/* 6 MB at 3 MB/s take about two seconds; without a limit, some milliseconds. */
static void receive_speed_is_held_down(void **state)
{
    struct server *server = server_start_bytes(6000000);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)3000000);
    assert_int_equal(timed_perform(fetch, 700), CURLE_OK);
    assert_fetched(fetch, 200, 6000000);
    fetch_free(fetch);
    server_stop(server);
}

static void send_speed_is_held_down(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), AT_LOOP};
    static char body[150000];
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    memset(body, 'b', sizeof body);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    curl_easy_setopt(fetch->easy, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)100000);
    assert_int_equal(timed_perform(fetch, 300), CURLE_OK);
    fetch_free(fetch);
    server_stop(server);
}

/* A server that reads nothing holds a rate-limited or unlimited upload back; the time-out still
 * ends it. */
static void time_out_ends_an_upload_that_is_not_read(void **state)
{
    static const struct step steps[] = {AT_HEAD, AT_STALL(1), AT_END};
    static char body[20000000];
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    curl_easy_setopt(fetch->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 300L);
    assert_int_equal(timed_perform(fetch, 290), CURLE_OPERATION_TIMEDOUT);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_out_ends_a_silent_server),
        cmocka_unit_test(time_out_ends_a_body_that_stalls),
        cmocka_unit_test(connect_time_out_ends_a_stuck_connect),
        cmocka_unit_test(connect_time_out_does_not_end_a_slow_answer),
        cmocka_unit_test(low_speed_ends_a_stalled_transfer),
        cmocka_unit_test(max_file_size_refuses_before_any_byte),
        cmocka_unit_test(receive_speed_is_held_down),
        cmocka_unit_test(send_speed_is_held_down),
        cmocka_unit_test(time_out_ends_an_upload_that_is_not_read),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
