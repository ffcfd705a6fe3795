/* SPDX-License-Identifier: MIT */
/* curl_multi_socket_action() with its two callbacks, under an epoll loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"
#include "support/loop.h"
#include "support/taker.h"

enum { MANY = 30 };

static void run_many(struct loop *loop, struct server *server, size_t len)
{
    struct fetch *fetches[MANY];

    for (int i = 0; i < MANY; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(loop->multi, fetches[i]);
    }
    loop_run(loop);
    for (int64_t start = monotonic_ms(); loop->messages < MANY;) {
        assert_true(loop_turn(loop, 1000));
        assert_true(monotonic_ms() - start < 20000);
    }
    assert_int_equal(loop->messages, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(fetches[i]->messages, 1);
        assert_fetched(fetches[i], 200, len);
        assert_body_is_pattern(&fetches[i]->body);
        multi_remove(loop->multi, fetches[i]);
        fetch_free(fetches[i]);
    }
}

static void transfers_complete_under_epoll(void **state)
{
    struct server *server = server_start_bytes(30000);
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    run_many(&loop, server, 30000);
    assert_int_equal(loop.repeated, 0);
    assert_int_equal(loop.watched, 0);
    assert_int_equal(loop.timer_ms, -1);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    server_stop(server);
}

static void event_mask_zero_lets_the_library_find_out(void **state)
{
    struct server *server = server_start_bytes(30000);
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    loop.pass_no_events = true;
    run_many(&loop, server, 30000);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    server_stop(server);
}

/* While messages are left, the descriptor stays ready or the timer fires at 0. */
static void one_message_an_event_reads_them_all(void **state)
{
    struct server *server;
    CURLM *multi;
    struct loop loop;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(10);
    multi = multi_new();
    loop_open(&loop, multi);
    loop.one_message_an_event = true;
    run_many(&loop, server, 10);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    server_stop(server);
}

/* A message that comes as often as one is read must not make the library think that nothing moved.
 */
static void message_for_each_one_read_is_told(void **state)
{
    static const struct step steps[] = {AT_REQUEST, AT_STALL(0), AT_SEND("HTTP/1.0 200 OK\r\n\r\n"),
                                        AT_END};
    struct server *quick, *slow;
    struct fetch *fetches[3];
    struct epoll_event event;
    struct loop loop;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    quick = server_start_bytes(10);
    slow = server_start_script(steps);
    multi = multi_new();
    loop_open(&loop, multi);
    loop.running = 3;
    for (int i = 0; i < 3; i++) {
        fetches[i] = fetch_new(i < 2 ? quick : slow, "/");
        multi_add(multi, fetches[i]);
    }
    while (loop.running > 1 || loop.timer_ms == 0) {
        assert_int_equal(curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &loop.running),
                         CURLM_OK);
    }
    server_wait(slow, server_has_requests, 1);
    assert_non_null(curl_multi_info_read(multi, &(int){0}));
    server_release(slow, 0);
    do {
        assert_int_equal(epoll_wait(loop.epoll_fd, &event, 1, 20000), 1);
        assert_int_equal(curl_multi_socket_action(multi, event.data.fd, 0, &loop.running),
                         CURLM_OK);
    } while (loop.running > 0);
    assert_int_equal(loop.timer_ms, 0);
    for (int i = 0; i < 3; i++) {
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    loop_close(&loop);
    server_stop(quick);
    server_stop(slow);
}

static void timer_fires_inside_add(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    assert_int_equal(loop.timer_calls, 0);
    multi_add(multi, fetch);
    assert_true(loop.timer_calls > 0);
    assert_true(loop.timer_ms >= 0);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
}

static void timer_says_minus_one_when_the_last_handle_leaves(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    multi_add(multi, fetch);
    loop_kick(&loop);
    while (server_requests(server) == 0) {
        loop_turn(&loop, 10);
    }
    multi_remove(multi, fetch);
    loop_kick(&loop);
    assert_int_equal(loop.timer_ms, -1);
    assert_int_equal(loop.watched, 0);
    assert_int_equal(loop.running, 0);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

/* Once what was ready has been acted on, a transfer that waits for its server leaves the descriptor
 * quiet. */
static void waiting_transfer_does_not_spin(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct loop loop;
    unsigned turns = 0;

    (void)state;
    loop_open(&loop, multi);
    multi_add(multi, fetch);
    loop_kick(&loop);
    while (server_requests(server) == 0) {
        loop_turn(&loop, 10);
    }
    while (loop_turn(&loop, 100)) {
        turns++;
        assert_true(turns < 20);
    }
    assert_int_equal(loop.running, 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

static void assigned_pointer_comes_back(void **state)
{
    static int mark;
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    loop.assigned = &mark;
    multi_add(multi, fetch);
    loop_run(&loop);
    assert_fetched(fetch, 200, 10);
    multi_remove(multi, fetch);
    assert_true(loop.seen_assigned > 0);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

static void assign_of_an_unknown_socket_is_refused(void **state)
{
    CURLM *multi = multi_new();
    int mark;

    (void)state;
    assert_int_equal(curl_multi_assign(multi, 12345, &mark), CURLM_BAD_SOCKET);
    curl_multi_cleanup(multi);
}

static void error_of_the_socket_callback_aborts(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    CURLMcode code = CURLM_OK;
    struct loop loop;
    int running;

    (void)state;
    loop_open(&loop, multi);
    loop.socket_result = -1;
    multi_add(multi, fetch);
    for (int i = 0; i < 50 && code == CURLM_OK; i++) {
        code = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    assert_int_equal(code, CURLM_ABORTED_BY_CALLBACK);
    assert_true(loop.socket_calls > 0);
    loop.socket_result = 0;
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

static void error_of_the_timer_callback_aborts(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    loop.timer_result = -1;
    assert_int_equal(curl_multi_add_handle(multi, fetch->easy), CURLM_ABORTED_BY_CALLBACK);
    loop.timer_result = 0;
    curl_multi_remove_handle(multi, fetch->easy);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
}

static void pause_inside_the_socket_callback_is_refused(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    struct loop loop;

    (void)state;
    needs_libcurl(0x081600);
    server = server_start_bytes(10);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    loop_open(&loop, multi);
    loop.pause_in_callback = fetch->easy;
    loop.pause_result = CURLE_OK;
    multi_add(multi, fetch);
    loop_run(&loop);
    assert_int_equal(loop.pause_result, CURLE_RECURSIVE_API_CALL);
    assert_fetched(fetch, 200, 10);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

static void socket_nobody_knows_is_ok(void **state)
{
    CURLM *multi = multi_new();
    int running = -1;

    (void)state;
    assert_int_equal(curl_multi_socket_action(multi, 12345, CURL_CSELECT_IN, &running), CURLM_OK);
    assert_int_equal(running, 0);
    curl_multi_cleanup(multi);
}

static void nothing_starts_at_add_until_socket_action(void **state)
{
    struct server *server = server_start_bytes(3);
    struct fetch *fetch = fetch_new(server, "/wrong");
    CURLM *multi = multi_new();
    struct loop loop;

    (void)state;
    loop_open(&loop, multi);
    multi_add(multi, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, server_url(server, "/right"));
    loop_run(&loop);
    assert_fetched(fetch, 200, 3);
    assert_non_null(strstr(server_request(server, 0, NULL, NULL), "/right"));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

static void time_out_ends_a_transfer_under_the_loop(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct loop loop;
    int64_t start = monotonic_ms();

    (void)state;
    loop_open(&loop, multi);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 150L);
    multi_add(multi, fetch);
    loop_run(&loop);
    assert_int_equal(fetch->result, CURLE_OPERATION_TIMEDOUT);
    assert_in_range(monotonic_ms() - start, 140, 5000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    loop_close(&loop);
    fetch_free(fetch);
    server_stop(server);
}

static int linger(CURL *easy, curl_socket_t fd, int what, void *data, void *assigned)
{
    (void)easy;
    (void)fd;
    (void)what;
    (void)assigned;
    taker_linger(data);
    return 0;
}

static void another_thread_frees_it_when_it_was_shown(void **state)
{
    struct server *server;
    struct taker taker;
    struct fetch *fetch;
    int running = 1;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_silent();
    fetch = fetch_new(server, "/");
    multi = multi_new();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, linger);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &taker);
    taker_start(&taker, fetch);
    multi_add(multi, fetch);
    while (running > 0) {
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    taker_join(&taker);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfers_complete_under_epoll),
        cmocka_unit_test(event_mask_zero_lets_the_library_find_out),
        cmocka_unit_test(one_message_an_event_reads_them_all),
        cmocka_unit_test(message_for_each_one_read_is_told),
        cmocka_unit_test(timer_fires_inside_add),
        cmocka_unit_test(timer_says_minus_one_when_the_last_handle_leaves),
        cmocka_unit_test(waiting_transfer_does_not_spin),
        cmocka_unit_test(assigned_pointer_comes_back),
        cmocka_unit_test(assign_of_an_unknown_socket_is_refused),
        cmocka_unit_test(error_of_the_socket_callback_aborts),
        cmocka_unit_test(error_of_the_timer_callback_aborts),
        cmocka_unit_test(pause_inside_the_socket_callback_is_refused),
        cmocka_unit_test(socket_nobody_knows_is_ok),
        cmocka_unit_test(nothing_starts_at_add_until_socket_action),
        cmocka_unit_test(time_out_ends_a_transfer_under_the_loop),
        cmocka_unit_test(another_thread_frees_it_when_it_was_shown),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
