/* SPDX-License-Identifier: MIT */
/* curl_multi_perform() and curl_multi_info_read(): what starts when, what is counted, which message
 * comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static void one_transfer_runs_and_gives_one_message(void **state)
{
    struct server *server = server_start_bytes(1000);
    struct fetch *fetch = fetch_new(server, "/one");
    CURLM *multi = multi_new();
    int left = -1;

    (void)state;
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->messages, 1);
    assert_fetched(fetch, 200, 1000);
    assert_body_is_pattern(&fetch->body);
    assert_null(curl_multi_info_read(multi, &left));
    assert_int_equal(left, 0);
    assert_int_equal(perform(multi), 0);
    assert_null(curl_multi_info_read(multi, &left));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void running_counts_from_add_until_the_end_is_delivered(void **state)
{
    static const struct step stalled[] = {AT_REQUEST, AT_STALL(1),
                                          AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
                                          AT_LOOP};
    struct server *server = server_start_script(stalled);
    struct fetch *fetches[3];
    CURLM *multi = multi_new();

    (void)state;
    for (int i = 0; i < 3; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
        assert_int_equal(perform(multi), i + 1);
    }
    drive_until_server(multi, server, server_has_requests, 3);
    assert_int_equal(perform(multi), 3);
    assert_int_equal(fetch_messages(multi), 0);
    multi_remove(multi, fetches[0]);
    assert_int_equal(perform(multi), 2);
    server_release(server, 1);
    drive_to_end(multi);
    assert_int_equal(fetches[0]->messages, 0);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(fetches[i]->messages, 1);
        assert_fetched(fetches[i], 200, 2);
        multi_remove(multi, fetches[i]);
    }
    curl_multi_cleanup(multi);
    for (int i = 0; i < 3; i++) {
        fetch_free(fetches[i]);
    }
    server_stop(server);
}

/* The count may fall only inside a call, and the message must be there when it has. */
static void count_falls_together_with_the_message(void **state)
{
    enum { COUNT = 20 };
    struct server *server = server_start_bytes(50);
    struct fetch *fetches[COUNT];
    CURLM *multi = multi_new();
    int running = COUNT, done = 0;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    while (running > 0) {
        running = perform(multi);
        done += (int)fetch_messages(multi);
        assert_int_equal(running + done, COUNT);
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_fetched(fetches[i], 200, 50);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

static void messages_come_in_the_order_of_completion(void **state)
{
    static const struct step first[] = {
        AT_REQUEST, AT_STALL(1), AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"), AT_END};
    static const struct step second[] = {
        AT_REQUEST, AT_STALL(2), AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"), AT_END};
    static const struct route routes[] = {
        {"/1",    first},
        {"/2",       second},
        {0}
    };
    struct server *server = server_start_routes(routes);
    struct fetch *one = fetch_new(server, "/1"), *two = fetch_new(server, "/2");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, one);
    multi_add(multi, two);
    drive_until_server(multi, server, server_is_stalled, 2);
    server_release(server, 2);
    while (perform(multi) > 1) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    server_release(server, 1);
    drive_to_end(multi);
    assert_int_equal(two->place, 1);
    assert_int_equal(one->place, 2);
    multi_remove(multi, one);
    multi_remove(multi, two);
    curl_multi_cleanup(multi);
    fetch_free(one);
    fetch_free(two);
    server_stop(server);
}

static void info_read_says_how_many_messages_are_left(void **state)
{
    struct server *server = server_start_bytes(3);
    struct fetch *fetches[3];
    CURLM *multi = multi_new();
    int left;

    (void)state;
    for (int i = 0; i < 3; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    while (perform(multi) > 0) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int i = 2; i >= 0; i--) {
        assert_non_null(curl_multi_info_read(multi, &left));
        assert_int_equal(left, i);
    }
    assert_null(curl_multi_info_read(multi, &left));
    assert_int_equal(left, 0);
    for (int i = 0; i < 3; i++) {
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

static void remove_drops_the_unread_message(void **state)
{
    struct server *server = server_start_bytes(3);
    struct fetch *gone = fetch_new(server, "/"), *kept = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, gone);
    multi_add(multi, kept);
    while (perform(multi) > 0) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    multi_remove(multi, gone);
    assert_int_equal(fetch_messages(multi), 1);
    assert_int_equal(gone->messages, 0);
    assert_int_equal(kept->messages, 1);
    multi_remove(multi, kept);
    curl_multi_cleanup(multi);
    fetch_free(gone);
    fetch_free(kept);
    server_stop(server);
}

static void option_set_between_add_and_perform_counts(void **state)
{
    struct server *server = server_start_bytes(3);
    struct fetch *fetch = fetch_new(server, "/wrong");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, server_url(server, "/right"));
    curl_easy_setopt(fetch->easy, CURLOPT_CUSTOMREQUEST, "PROPFIND");
    drive_to_end(multi);
    assert_fetched(fetch, 200, 3);
    assert_int_equal(strncmp(server_request(server, 0, NULL, NULL), "PROPFIND /right ", 16), 0);
    assert_int_equal(server_requests(server), 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* Without a call the server never sees a connection. It cannot be proved by waiting; a second
 * transfer, which is driven to its end after it, would come second if the first had started. */
static void nothing_starts_at_add(void **state)
{
    struct server *server = server_start_bytes(3);
    struct fetch *idle = fetch_new(server, "/idle"), *run = fetch_new(server, "/run");
    CURLM *asleep = multi_new(), *multi = multi_new();

    (void)state;
    multi_add(asleep, idle);
    multi_add(multi, run);
    drive_to_end(multi);
    assert_fetched(run, 200, 3);
    assert_int_equal(server_accepted(server), 1);
    multi_remove(asleep, idle);
    multi_remove(multi, run);
    curl_multi_cleanup(asleep);
    curl_multi_cleanup(multi);
    fetch_free(idle);
    fetch_free(run);
    assert_int_equal(server_accepted(server), 1);
    server_stop(server);
}

static void perform_alone_makes_progress(void **state)
{
    struct server *server = server_start_bytes(100000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    int64_t start = monotonic_ms();

    (void)state;
    multi_add(multi, fetch);
    while (perform(multi) > 0) {
        assert_true(monotonic_ms() - start < 20000);
    }
    fetch_messages(multi);
    assert_fetched(fetch, 200, 100000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void perform_without_handles_counts_zero(void **state)
{
    CURLM *multi = multi_new();
    int left = 7;

    (void)state;
    assert_int_equal(perform(multi), 0);
    assert_null(curl_multi_info_read(multi, &left));
    assert_int_equal(left, 0);
    curl_multi_cleanup(multi);
}

static void perform_takes_no_count(void **state)
{
    CURLM *multi = multi_new();

    (void)state;
    if (!library()->is_curlpool) {
        /* libcurl writes through the pointer. */
        curl_multi_cleanup(multi);
        skip();
    }
    assert_int_equal(curl_multi_perform(multi, NULL), CURLM_OK);
    curl_multi_cleanup(multi);
}

static void failed_connect_gives_a_message_with_its_code(void **state)
{
    uint16_t port;
    int fd = refused_port_open(&port);
    char url[64];
    struct fetch *fetch;
    CURLM *multi = multi_new();

    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    fetch = fetch_new_url(url);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->messages, 1);
    assert_int_equal(fetch->result, CURLE_COULDNT_CONNECT);
    assert_true(strlen(fetch->error) > 0);
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), 0);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    close(fd);
}

static void url_without_a_scheme_we_know_fails_in_its_message(void **state)
{
    struct fetch *fetch = fetch_new_url("nosuch://127.0.0.1/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->messages, 1);
    assert_int_equal(fetch->result, CURLE_UNSUPPORTED_PROTOCOL);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
}

static void handle_without_url_fails_in_its_message(void **state)
{
    struct fetch *fetch = fetch_new_url("x");
    CURLM *multi = multi_new();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_URL, NULL);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->messages, 1);
    assert_int_equal(fetch->result, CURLE_URL_MALFORMAT);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
}

static void handle_added_in_the_middle_runs_too(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *first = fetch_new(server, "/1"), *second = fetch_new(server, "/2");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, first);
    perform(multi);
    multi_add(multi, second);
    drive_to_end(multi);
    assert_fetched(first, 200, 10);
    assert_fetched(second, 200, 10);
    multi_remove(multi, first);
    multi_remove(multi, second);
    curl_multi_cleanup(multi);
    fetch_free(first);
    fetch_free(second);
    server_stop(server);
}

/* Two hundred stalled transfers are all in flight at once, on however few workers. */
static void all_transfers_are_in_flight_at_once(void **state)
{
    enum { COUNT = 200 };
    static const struct step stalled[] = {
        AT_REQUEST, AT_STALL(0), AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), AT_END};
    struct server *server = server_start_script(stalled);
    struct fetch *fetches[COUNT];
    CURLM *multi = multi_new();

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    drive_until_server(multi, server, server_has_requests, COUNT);
    server_release(server, 0);
    drive_to_end(multi);
    for (int i = 0; i < COUNT; i++) {
        assert_fetched(fetches[i], 200, 2);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

/* What the callbacks and getinfo see inside a write callback is the response that the bytes belong
 * to. */
static size_t write_checks_status(char *bytes, size_t size, size_t count, void *fetch)
{
    struct fetch *self = fetch;

    (void)bytes;
    assert_int_equal(fetch_long(self, CURLINFO_RESPONSE_CODE), 206);
    assert_int_equal(fetch_offset(self, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), 5);
    assert_true(self->head.len > 0);
    self->writes++;
    return size * count;
}

static void info_inside_the_write_callback_is_of_its_response(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 206 Part\r\nContent-Length: 5\r\n\r\nhello"), AT_LOOP};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_checks_status);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(fetch->writes, 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_transfer_runs_and_gives_one_message),
        cmocka_unit_test(running_counts_from_add_until_the_end_is_delivered),
        cmocka_unit_test(count_falls_together_with_the_message),
        cmocka_unit_test(messages_come_in_the_order_of_completion),
        cmocka_unit_test(info_read_says_how_many_messages_are_left),
        cmocka_unit_test(remove_drops_the_unread_message),
        cmocka_unit_test(option_set_between_add_and_perform_counts),
        cmocka_unit_test(nothing_starts_at_add),
        cmocka_unit_test(perform_alone_makes_progress),
        cmocka_unit_test(perform_without_handles_counts_zero),
        cmocka_unit_test(perform_takes_no_count),
        cmocka_unit_test(failed_connect_gives_a_message_with_its_code),
        cmocka_unit_test(url_without_a_scheme_we_know_fails_in_its_message),
        cmocka_unit_test(handle_without_url_fails_in_its_message),
        cmocka_unit_test(handle_added_in_the_middle_runs_too),
        cmocka_unit_test(all_transfers_are_in_flight_at_once),
        cmocka_unit_test(info_inside_the_write_callback_is_of_its_response),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
