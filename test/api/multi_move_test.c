/* SPDX-License-Identifier: MIT */
/* One easy handle in several lives: from multi handle to multi handle, to easy_perform and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static void handle_moves_to_another_multi_after_its_end(void **state)
{
    struct server *server = server_start_bytes(100);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *first = multi_new(), *second = multi_new();

    (void)state;
    multi_add(first, fetch);
    drive_to_end(first);
    assert_fetched(fetch, 200, 100);
    multi_remove(first, fetch);
    fetch_clear(fetch);
    multi_add(second, fetch);
    drive_to_end(second);
    assert_int_equal(fetch->messages, 1);
    assert_fetched(fetch, 200, 100);
    multi_remove(second, fetch);
    curl_multi_cleanup(first);
    curl_multi_cleanup(second);
    fetch_free(fetch);
    server_stop(server);
}

static void handle_moves_to_another_multi_in_mid_transfer(void **state)
{
    static const struct step hold[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), AT_HOLD, AT_END};
    static const struct step answer[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhelloworld"), AT_LOOP};
    const struct step *scripts[] = {hold, answer, NULL};
    struct server *server = server_start(&(struct server_plan){.scripts = scripts});
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *first = multi_new(), *second = multi_new();

    (void)state;
    multi_add(first, fetch);
    drive_until_server(first, server, server_has_requests, 1);
    multi_remove(first, fetch);
    fetch_clear(fetch);
    multi_add(second, fetch);
    drive_to_end(second);
    assert_fetched(fetch, 200, 10);
    assert_string_equal(fetch->body.bytes, "helloworld");
    assert_int_equal(perform(first), 0);
    multi_remove(second, fetch);
    curl_multi_cleanup(first);
    curl_multi_cleanup(second);
    fetch_free(fetch);
    server_stop(server);
}

static void second_add_is_refused_wherever_it_is(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new(), *other = multi_new();

    (void)state;
    multi_add(multi, fetch);
    assert_int_equal(curl_multi_add_handle(multi, fetch->easy), CURLM_ADDED_ALREADY);
    assert_int_equal(curl_multi_add_handle(other, fetch->easy), CURLM_ADDED_ALREADY);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    curl_multi_cleanup(other);
    fetch_free(fetch);
}

static void easy_perform_of_an_added_handle_is_refused(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_FAILED_INIT);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 10);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void performed_in_a_multi_then_alone_then_in_a_multi(void **state)
{
    struct server *server = server_start_bytes(100);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    for (int round = 0; round < 3; round++) {
        fetch_clear(fetch);
        multi_add(multi, fetch);
        drive_to_end(multi);
        assert_fetched(fetch, 200, 100);
        multi_remove(multi, fetch);
        fetch_clear(fetch);
        fetch->result = curl_easy_perform(fetch->easy);
        assert_fetched(fetch, 200, 100);
    }
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* The multi handle's connections stay with it, so the transfer that comes after uses the first
 * one's. */
static void readded_handle_uses_the_multis_connection(void **state)
{
    struct server *server = server_start_bytes(100);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    for (int round = 0; round < 5; round++) {
        fetch_clear(fetch);
        multi_add(multi, fetch);
        drive_to_end(multi);
        assert_fetched(fetch, 200, 100);
        assert_int_equal(fetch_long(fetch, CURLINFO_NUM_CONNECTS), round == 0);
        multi_remove(multi, fetch);
    }
    assert_int_equal(server_accepted(server), 1);
    curl_multi_cleanup(multi);
    server_wait(server, server_saw_closes, 1);
    fetch_free(fetch);
    server_stop(server);
}

/* After its multi handle is gone, the handle lives on. */
static void handle_survives_the_cleanup_of_its_multi(void **state)
{
    struct server *server = server_start_bytes(100);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(curl_multi_cleanup(multi), CURLM_OK);
    assert_fetched(fetch, 200, 100);
    fetch_clear(fetch);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 100);
    fetch_free(fetch);
    server_stop(server);
}

static void infos_are_kept_after_remove(void **state)
{
    struct server *server = server_start_bytes(100);
    struct fetch *fetch = fetch_new(server, "/path");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_to_end(multi);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), 200);
    assert_string_equal(fetch_string(fetch, CURLINFO_CONTENT_TYPE), "text/plain");
    assert_string_equal(fetch_string(fetch, CURLINFO_EFFECTIVE_URL), server_url(server, "/path"));
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_DOWNLOAD_T), 100);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handle_moves_to_another_multi_after_its_end),
        cmocka_unit_test(handle_moves_to_another_multi_in_mid_transfer),
        cmocka_unit_test(second_add_is_refused_wherever_it_is),
        cmocka_unit_test(easy_perform_of_an_added_handle_is_refused),
        cmocka_unit_test(performed_in_a_multi_then_alone_then_in_a_multi),
        cmocka_unit_test(readded_handle_uses_the_multis_connection),
        cmocka_unit_test(handle_survives_the_cleanup_of_its_multi),
        cmocka_unit_test(infos_are_kept_after_remove),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
