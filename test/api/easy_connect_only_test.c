/* SPDX-License-Identifier: MIT */
/* CURLOPT_CONNECT_ONLY with curl_easy_send() and curl_easy_recv(). */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static int socket_of(struct fetch *fetch)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    assert_int_equal(curl_easy_getinfo(fetch->easy, CURLINFO_ACTIVESOCKET, &fd), CURLE_OK);
    assert_true(fd != CURL_SOCKET_BAD);
    return fd;
}

static void connected_handle_sends_and_receives(void **state)
{
    static const struct step steps[] = {AT_READ(5), AT_SEND("world"), AT_END};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    char bytes[32];
    size_t count = 99;

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 1L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(curl_easy_recv(fetch->easy, bytes, sizeof bytes, &count), CURLE_AGAIN);
    assert_int_equal(curl_easy_send(fetch->easy, "hello", 5, &count), CURLE_OK);
    assert_int_equal(count, 5);
    struct pollfd ready = {.fd = socket_of(fetch), .events = POLLIN};

    assert_int_equal(poll(&ready, 1, 10000), 1);
    assert_int_equal(curl_easy_recv(fetch->easy, bytes, sizeof bytes, &count), CURLE_OK);
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "world", 5);
    assert_int_equal(poll(&ready, 1, 10000), 1);
    assert_int_equal(curl_easy_recv(fetch->easy, bytes, sizeof bytes, &count), CURLE_OK);
    assert_int_equal(count, 0); /* the end */
    assert_int_equal(server_connection(server, 0)->received, 5);
    fetch_free(fetch);
    server_wait(server, server_saw_closes, 1);
    server_stop(server);
}

static void send_without_a_connection_is_refused(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1/");
    size_t count;
    char byte;

    (void)state;
    assert_int_equal(curl_easy_send(fetch->easy, "x", 1, &count), CURLE_UNSUPPORTED_PROTOCOL);
    assert_int_equal(curl_easy_recv(fetch->easy, &byte, 1, &count), CURLE_UNSUPPORTED_PROTOCOL);
    fetch_free(fetch);
}

static void send_fills_up_and_says_again(void **state)
{
    static const struct step steps[] = {AT_READ(1), AT_STALL(1), AT_END};
    static char bytes[1000000];
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    CURLcode code = CURLE_OK;
    size_t count;

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 1L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    for (int i = 0; i < 100 && code == CURLE_OK; i++) {
        code = curl_easy_send(fetch->easy, bytes, sizeof bytes, &count);
    }
    assert_int_equal(code, CURLE_AGAIN);
    fetch_free(fetch);
    server_stop(server);
}

static void connect_only_in_a_multi_works_too(void **state)
{
    static const struct step steps[] = {AT_READ(5), AT_SEND("world"), AT_END};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    char bytes[32];
    size_t count = 0;

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 1L);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(curl_easy_send(fetch->easy, "hello", 5, &count), CURLE_OK);
    struct pollfd ready = {.fd = socket_of(fetch), .events = POLLIN};

    assert_int_equal(poll(&ready, 1, 10000), 1);
    assert_int_equal(curl_easy_recv(fetch->easy, bytes, sizeof bytes, &count), CURLE_OK);
    assert_memory_equal(bytes, "world", 5);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connected_handle_sends_and_receives),
        cmocka_unit_test(send_without_a_connection_is_refused),
        cmocka_unit_test(send_fills_up_and_says_again),
        cmocka_unit_test(connect_only_in_a_multi_works_too),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
