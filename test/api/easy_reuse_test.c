/* SPDX-License-Identifier: MIT */
/* Connections of an easy handle: kept, found dead, refused to be kept; and the life of the handle
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static void fetch_again(struct fetch *fetch, long connects)
{
    fetch_clear(fetch);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 10);
    assert_int_equal(fetch_long(fetch, CURLINFO_NUM_CONNECTS), connects);
}

static void connection_is_used_again(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch_again(fetch, 1);
    fetch_again(fetch, 0);
    fetch_again(fetch, 0);
    assert_int_equal(server_accepted(server), 1);
    fetch_free(fetch);
    server_wait(server, server_saw_closes, 1);
    server_stop(server);
}

/* The server closes the kept connection: whether that is seen before the request or after, nobody
 * is told. */
static void dead_connection_is_replaced_in_silence(void **state)
{
    static const struct step once[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"), AT_END};
    struct server *server = server_start_script(once);
    struct fetch *fetch = fetch_new(server, "/");
    unsigned rounds =
        library()->is_curlpool ? 20 : 5; /* 7.88.1 gives up after five in a handle's life */

    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        fetch_clear(fetch);
        fetch->result = curl_easy_perform(fetch->easy);
        assert_fetched(fetch, 200, 10);
    }
    assert_int_equal(server_accepted(server), rounds);
    fetch_free(fetch);
    server_stop(server);
}

/* The request has gone out on the kept connection when it dies: done again on a new one. */
static void request_on_a_dying_connection_is_sent_again(void **state)
{
    static const struct step dying[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"), AT_REQUEST,
        AT_RESET};
    static const struct step good[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"), AT_LOOP};
    const struct step *scripts[] = {dying, good, NULL};
    struct server *server = server_start(&(struct server_plan){.scripts = scripts});
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch_again(fetch, 1);
    fetch_clear(fetch);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 10);
    assert_int_equal(server_accepted(server), 2);
    assert_int_equal(server_requests(server), 3);
    fetch_free(fetch);
    server_stop(server);
}

/* On a fresh connection nothing is repeated. */
static void request_on_a_fresh_connection_is_not_sent_again(void **state)
{
    static const struct step reset[] = {AT_REQUEST, AT_RESET};
    struct server *server = server_start_script(reset);
    struct fetch *fetch = fetch_new(server, "/");
    CURLcode code;

    (void)state;
    code = curl_easy_perform(fetch->easy);
    assert_true(code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING);
    assert_int_equal(server_accepted(server), 1);
    fetch_free(fetch);
    server_stop(server);
}

static void fresh_connect_makes_a_new_connection(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch_again(fetch, 1);
    curl_easy_setopt(fetch->easy, CURLOPT_FRESH_CONNECT, 1L);
    fetch_again(fetch, 1);
    curl_easy_setopt(fetch->easy, CURLOPT_FRESH_CONNECT, 0L);
    fetch_again(fetch, 0);
    assert_int_equal(server_accepted(server), 2);
    fetch_free(fetch);
    server_stop(server);
}

static void forbid_reuse_closes_after_use(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_FORBID_REUSE, 1L);
    fetch_again(fetch, 1);
    server_wait(server, server_saw_closes, 1);
    fetch_again(fetch, 1);
    fetch_free(fetch);
    server_stop(server);
}

/* Four hosts, one after the other, on one server. */
static void maxconnects_bounds_what_is_kept(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new_url("http://127.0.0.1/");
    struct curl_slist *addresses = NULL;
    char line[64];

    (void)state;
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "host%d.test:%u:127.0.0.1", i, server_port(server));
        addresses = curl_slist_append(addresses, line);
    }
    curl_easy_setopt(fetch->easy, CURLOPT_RESOLVE, addresses);
    curl_easy_setopt(fetch->easy, CURLOPT_MAXCONNECTS, 2L);
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "http://host%d.test:%u/", i, server_port(server));
        curl_easy_setopt(fetch->easy, CURLOPT_URL, line);
        fetch_again(fetch, 1);
    }
    server_wait(server, server_saw_closes, 2);
    assert_false(server_saw_closes(server, 3));
    fetch_free(fetch);
    server_wait(server, server_saw_closes, 4);
    curl_slist_free_all(addresses);
    server_stop(server);
}

/* Two handles do not share connections unless told to. */
static void another_handle_has_its_own_connection(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *one = fetch_new(server, "/"), *two = fetch_new(server, "/");

    (void)state;
    fetch_again(one, 1);
    fetch_again(two, 1);
    fetch_free(one);
    fetch_free(two);
    server_stop(server);
}

static void shared_connections_are_used_by_both(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *one = fetch_new(server, "/"), *two = fetch_new(server, "/");
    CURLSH *share = curl_share_init();

    (void)state;
    assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT), CURLSHE_OK);
    curl_easy_setopt(one->easy, CURLOPT_SHARE, share);
    curl_easy_setopt(two->easy, CURLOPT_SHARE, share);
    fetch_again(one, 1);
    fetch_again(two, 0);
    assert_int_equal(server_accepted(server), 1);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_IN_USE);
    fetch_free(one);
    fetch_free(two);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    server_wait(server, server_saw_closes, 1);
    server_stop(server);
}

static void reset_forgets_options_and_keeps_connections(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_USERAGENT, "probe");
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, "x");
    fetch_again(fetch, 1);
    curl_easy_reset(fetch->easy);
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), 0);
    fetch_set_up(fetch, fetch->easy, server_url(server, "/second"));
    fetch_again(fetch, 0);
    assert_non_null(strstr(server_request(server, 0, NULL, NULL), "User-Agent: probe"));
    assert_null(strstr(server_request(server, 1, NULL, NULL), "User-Agent"));
    assert_int_equal(strncmp(server_request(server, 1, NULL, NULL), "GET /second ", 12), 0);
    fetch_free(fetch);
    server_stop(server);
}

static void duplicate_has_the_options_and_a_life_of_its_own(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/dup");
    struct fetch copy = {0};
    struct curl_slist *list = curl_slist_append(NULL, "X-From: list");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, list);
    if (!library()->is_curlpool) { /* 7.88.1 cannot duplicate it without */
        curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, 6L);
    }
    curl_easy_setopt(fetch->easy, CURLOPT_COPYPOSTFIELDS, "copied");
    copy.easy = curl_easy_duphandle(fetch->easy);
    assert_non_null(copy.easy);
    fetch_free(fetch);
    fetch_set_up(&copy, copy.easy, server_url(server, "/dup"));
    copy.result = curl_easy_perform(copy.easy);
    assert_fetched(&copy, 200, 10);
    assert_non_null(strstr(server_request(server, 0, NULL, NULL), "X-From: list\r\n"));
    assert_non_null(strstr(server_request(server, 0, NULL, NULL), "\r\n\r\ncopied"));
    curl_easy_cleanup(copy.easy);
    text_release(&copy.body);
    text_release(&copy.head);
    curl_slist_free_all(list);
    server_stop(server);
}

static void strings_are_copied_by_setopt(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");
    char url[128];

    (void)state;
    snprintf(url, sizeof url, "%s", server_url(server, "/copied"));
    curl_easy_setopt(fetch->easy, CURLOPT_URL, url);
    memset(url, 'x', sizeof url - 1);
    fetch_again(fetch, 1);
    assert_int_equal(strncmp(server_request(server, 0, NULL, NULL), "GET /copied ", 12), 0);
    fetch_free(fetch);
    server_stop(server);
}

static void upkeep_of_a_handle_is_ok(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    assert_int_equal(curl_easy_upkeep(fetch->easy), CURLE_OK);
    fetch_again(fetch, 1);
    assert_int_equal(curl_easy_upkeep(fetch->easy), CURLE_OK);
    fetch_again(fetch, 0);
    assert_int_equal(curl_easy_upkeep(NULL), CURLE_BAD_FUNCTION_ARGUMENT);
    fetch_free(fetch);
    server_stop(server);
}

static void null_easy_handles_are_refused(void **state)
{
    (void)state;
    assert_int_equal(curl_easy_perform(NULL), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_setopt(NULL, CURLOPT_VERBOSE, 1L), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_pause(NULL, 0), CURLE_BAD_FUNCTION_ARGUMENT);
    curl_easy_cleanup(NULL);
    if (library()->version >= 0x081000) { /* 7.88.1 falls over these */
        curl_easy_reset(NULL);
        assert_null(curl_easy_duphandle(NULL));
    }
}

static void one_hundred_handles_leave_no_descriptor(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *warm = fetch_new(server, "/");
    unsigned before;

    (void)state;
    fetch_again(warm, 1);
    fetch_free(warm);
    before = count_descriptors();
    for (int i = 0; i < 100; i++) {
        struct fetch *fetch = fetch_new(server, "/");

        fetch_again(fetch, 1);
        fetch_free(fetch);
    }
    assert_int_equal(count_descriptors(), before);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_is_used_again),
        cmocka_unit_test(dead_connection_is_replaced_in_silence),
        cmocka_unit_test(request_on_a_dying_connection_is_sent_again),
        cmocka_unit_test(request_on_a_fresh_connection_is_not_sent_again),
        cmocka_unit_test(fresh_connect_makes_a_new_connection),
        cmocka_unit_test(forbid_reuse_closes_after_use),
        cmocka_unit_test(maxconnects_bounds_what_is_kept),
        cmocka_unit_test(another_handle_has_its_own_connection),
        cmocka_unit_test(shared_connections_are_used_by_both),
        cmocka_unit_test(reset_forgets_options_and_keeps_connections),
        cmocka_unit_test(duplicate_has_the_options_and_a_life_of_its_own),
        cmocka_unit_test(strings_are_copied_by_setopt),
        cmocka_unit_test(upkeep_of_a_handle_is_ok),
        cmocka_unit_test(null_easy_handles_are_refused),
        cmocka_unit_test(one_hundred_handles_leave_no_descriptor),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
