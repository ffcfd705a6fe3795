/* SPDX-License-Identifier: MIT */
/* The multi interface's small change: handle lists, counters, texts, bad handles, cleanup in
 * mid-flight. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <curl/curlpool.h>

#include "support/fetch.h"
#include "support/library.h"

static void get_handles_lists_what_is_added(void **state)
{
    struct fetch *one, *two;
    CURLM *multi;
    CURL **handles;

    (void)state;
    if (!library()->multi_get_handles) {
        skip();
    }
    one = fetch_new_url("http://127.0.0.1:1/");
    two = fetch_new_url("http://127.0.0.1:1/");
    multi = multi_new();
    handles = library()->multi_get_handles(multi);
    assert_non_null(handles);
    assert_null(handles[0]);
    curl_free(handles);
    multi_add(multi, one);
    multi_add(multi, two);
    multi_remove(multi, one);
    handles = library()->multi_get_handles(multi);
    assert_ptr_equal(handles[0], two->easy);
    assert_null(handles[1]);
    curl_free(handles);
    multi_remove(multi, two);
    curl_multi_cleanup(multi);
    fetch_free(one);
    fetch_free(two);
}

static curl_off_t counter(CURLM *multi, CURLMinfo_offt info)
{
    curl_off_t value = -1;

    assert_int_equal(library()->multi_get_offt(multi, info, &value), CURLM_OK);
    return value;
}

static void counters_follow_the_transfers(void **state)
{
    struct server *server;
    struct fetch *one, *two;
    CURLM *multi;
    curl_off_t value;

    (void)state;
    if (!library()->multi_get_offt) {
        skip();
    }
    server = server_start_silent();
    one = fetch_new(server, "/1");
    two = fetch_new(server, "/2");
    multi = multi_new();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_CURRENT), 0);
    multi_add(multi, one);
    drive_until_server(multi, server, server_has_requests, 1);
    multi_add(multi, two);
    while (counter(multi, CURLMINFO_XFERS_PENDING) == 0) {
        perform(multi); /* a worker may have to look at it first */
    }
    assert_int_equal(counter(multi, CURLMINFO_XFERS_CURRENT), 2);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_RUNNING), 1);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_PENDING), 1);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_DONE), 0);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_ADDED), 2);
    multi_remove(multi, one);
    multi_remove(multi, two);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_CURRENT), 0);
    assert_int_equal(counter(multi, CURLMINFO_XFERS_ADDED), 2);
    assert_int_equal(library()->multi_get_offt(multi, (CURLMinfo_offt)99, &value),
                     CURLM_UNKNOWN_OPTION);
    curl_multi_cleanup(multi);
    fetch_free(one);
    fetch_free(two);
    server_stop(server);
}

static void every_multi_error_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(curl_multi_strerror(CURLM_OK), "No error");
    for (int code = -1; code <= CURLM_ABORTED_BY_CALLBACK; code++) {
        assert_non_null(curl_multi_strerror((CURLMcode)code));
        assert_true(strlen(curl_multi_strerror((CURLMcode)code)) > 0);
    }
    assert_non_null(curl_multi_strerror((CURLMcode)999));
}

static void null_handles_are_bad_handles(void **state)
{
    CURLM *multi = multi_new();
    CURL *easy = curl_easy_init();
    int number;
    long timeout_ms;

    (void)state;
    assert_int_equal(curl_multi_add_handle(NULL, easy), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_add_handle(multi, NULL), CURLM_BAD_EASY_HANDLE);
    assert_int_equal(curl_multi_remove_handle(NULL, easy), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_remove_handle(multi, NULL), CURLM_BAD_EASY_HANDLE);
    assert_int_equal(curl_multi_perform(NULL, &number), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_poll(NULL, NULL, 0, 0, NULL), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_wait(NULL, NULL, 0, 0, NULL), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_timeout(NULL, &timeout_ms), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_cleanup(NULL), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_setopt(NULL, CURLMOPT_MAXCONNECTS, 1L), CURLM_BAD_HANDLE);
    if (library()->version >= 0x080000) { /* 7.88.1 falls over this one */
        assert_int_equal(curl_multi_socket_action(NULL, CURL_SOCKET_TIMEOUT, 0, &number),
                         CURLM_BAD_HANDLE);
    }
    assert_null(curl_multi_info_read(NULL, &number));
    curl_multi_cleanup(multi);
    curl_easy_cleanup(easy);
}

static void an_easy_handle_is_no_multi_handle(void **state)
{
    CURL *easy = curl_easy_init();
    CURLM *multi = multi_new();
    int number;

    (void)state;
    assert_int_equal(curl_multi_perform((CURLM *)easy, &number), CURLM_BAD_HANDLE);
    assert_int_equal(curl_multi_add_handle(multi, (CURL *)multi), CURLM_BAD_EASY_HANDLE);
    curl_multi_cleanup(multi);
    curl_easy_cleanup(easy);
}

static void unknown_option_is_told(void **state)
{
    CURLM *multi = multi_new();

    (void)state;
    assert_int_equal(curl_multi_setopt(multi, (CURLMoption)7777, 1L), CURLM_UNKNOWN_OPTION);
    curl_multi_cleanup(multi);
}

/* In every stage at once: connecting, waiting for an answer, in the body, paused, waiting for a
 * connection. */
static size_t write_pauses(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)size;
    (void)count;
    (void)data;
    return CURL_WRITEFUNC_PAUSE;
}

enum { FLIGHTS = 20 };

/* One worker for all, so that no new one brings descriptors of its own; libcurl knows no such
 * option. */
static CURLM *multi_on_one_worker(void)
{
    CURLM *multi = multi_new();

    curl_multi_setopt(multi, CURLMOPT_X_WORKERS_MAX, 1L);
    return multi;
}

static void cleanup_in_mid_flight(CURLM *multi, struct server *silent, struct server *bytes,
                                  const struct blackhole *hole)
{
    struct fetch *fetches[FLIGHTS];
    char url[64];
    int64_t start;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole->port);
    for (int i = 0; i < FLIGHTS; i++) {
        fetches[i] = i % 4 == 0   ? fetch_new_url(url)
                     : i % 4 == 1 ? fetch_new(bytes, "/")
                                  : fetch_new(silent, "/");
        if (i % 8 == 1) {
            curl_easy_setopt(fetches[i]->easy, CURLOPT_WRITEFUNCTION, write_pauses);
        }
        multi_add(multi, fetches[i]);
    }
    drive_until_server(multi, silent, server_has_requests, FLIGHTS / 2);
    for (int i = 0; i < FLIGHTS; i++) {
        fetches[i]->callbacks_banned = true;
    }
    start = monotonic_ms();
    assert_int_equal(curl_multi_cleanup(multi), CURLM_OK);
    assert_true(monotonic_ms() - start < 2000);
    for (int i = 0; i < FLIGHTS; i++) {
        fetch_free(fetches[i]);
    }
}

static void cleanup_with_transfers_in_flight_is_quick_and_leaks_no_descriptor(void **state)
{
    struct server *silent = server_start_silent(), *bytes = server_start_bytes(10000000);
    struct blackhole hole;
    unsigned before = 0;

    (void)state;
    blackhole_open(&hole);
    for (int round = 0; round < 4; round++) {
        /* The first round starts what stays, the workers. */
        if (round == 1) {
            before = count_descriptors();
        }
        cleanup_in_mid_flight(multi_on_one_worker(), silent, bytes, &hole);
        server_stop(silent);
        silent = server_start_silent();
    }
    /* A worker that is just closing what a server closed is through in no time. */
    for (int64_t start = monotonic_ms(); count_descriptors() > before;)
        assert_true(monotonic_ms() - start < 5000);
    blackhole_close(&hole);
    server_stop(silent);
    server_stop(bytes);
}

static void cleanup_closes_idle_connections(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_to_end(multi);
    multi_remove(multi, fetch);
    assert_false(server_saw_closes(server, 1));
    curl_multi_cleanup(multi);
    server_wait(server, server_saw_closes, 1);
    assert_false(server_connection(server, 0)->reset);
    fetch_free(fetch);
    server_stop(server);
}

/* No pile of connections that the server has closed long ago. */
static void idle_connection_closed_by_the_server_is_closed_here(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), AT_STALL(1), AT_END};
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 2);
    multi_remove(multi, fetch);
    server_release(server, 1);
    server_wait(server, server_saw_closes, 1);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_handles_lists_what_is_added),
        cmocka_unit_test(counters_follow_the_transfers),
        cmocka_unit_test(every_multi_error_has_a_text),
        cmocka_unit_test(null_handles_are_bad_handles),
        cmocka_unit_test(an_easy_handle_is_no_multi_handle),
        cmocka_unit_test(unknown_option_is_told),
        cmocka_unit_test(cleanup_with_transfers_in_flight_is_quick_and_leaks_no_descriptor),
        cmocka_unit_test(cleanup_closes_idle_connections),
        cmocka_unit_test(idle_connection_closed_by_the_server_is_closed_here),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
