/* SPDX-License-Identifier: MIT */
/* curl_multi_poll(), curl_multi_wait() and curl_multi_wakeup(): how long they wait and what ends
 * it. Times are asserted from below (it did wait) and far from above (it did not wait to the end).
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum {
    SHORT_MS = 60,
    LONG_MS = 15000,
    PROMPT_MS = 5000,
    ROUNDING_MS = 5,
};

/* How long one poll or wait without extra descriptors takes. */
static int64_t timed_poll(CURLM *multi, int timeout_ms, int *ret_numfds)
{
    int64_t start = monotonic_ms();

    assert_int_equal(curl_multi_poll(multi, NULL, 0, timeout_ms, ret_numfds), CURLM_OK);
    return monotonic_ms() - start;
}

static int64_t timed_wait(CURLM *multi, int timeout_ms, int *ret_numfds)
{
    int64_t start = monotonic_ms();

    assert_int_equal(curl_multi_wait(multi, NULL, 0, timeout_ms, ret_numfds), CURLM_OK);
    return monotonic_ms() - start;
}

static void poll_with_nothing_waits_its_time(void **state)
{
    CURLM *multi = multi_new();
    int numfds = 9;

    (void)state;
    assert_true(timed_poll(multi, SHORT_MS, &numfds) >= SHORT_MS - ROUNDING_MS);
    assert_int_equal(numfds, 0);
    curl_multi_cleanup(multi);
}

static void wait_with_nothing_returns_at_once(void **state)
{
    CURLM *multi = multi_new();
    int numfds = 9;

    (void)state;
    assert_true(timed_wait(multi, LONG_MS, &numfds) < PROMPT_MS);
    assert_int_equal(numfds, 0);
    curl_multi_cleanup(multi);
}

static void negative_timeout_is_refused(void **state)
{
    CURLM *multi = multi_new();

    (void)state;
    assert_int_equal(curl_multi_poll(multi, NULL, 0, -1, NULL), CURLM_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_multi_wait(multi, NULL, 0, -1, NULL), CURLM_BAD_FUNCTION_ARGUMENT);
    curl_multi_cleanup(multi);
}

static void wakeup_before_poll_ends_it_once(void **state)
{
    CURLM *multi = multi_new();

    (void)state;
    assert_int_equal(curl_multi_wakeup(multi), CURLM_OK);
    assert_int_equal(curl_multi_wakeup(multi), CURLM_OK);
    assert_true(timed_poll(multi, LONG_MS, NULL) < PROMPT_MS);
    assert_true(timed_poll(multi, SHORT_MS, NULL) >= SHORT_MS - ROUNDING_MS);
    curl_multi_cleanup(multi);
}

static void perform_does_not_eat_the_wakeup(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    curl_multi_wakeup(multi);
    for (int i = 0; i < 10; i++) {
        perform(multi);
    }
    assert_true(timed_poll(multi, LONG_MS, NULL) < PROMPT_MS);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void *wake(void *multi)
{
    curl_multi_wakeup(multi);
    return NULL;
}

static void wakeup_from_another_thread_ends_poll(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    pthread_t thread;

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    assert_int_equal(pthread_create(&thread, NULL, wake, multi), 0);
    assert_true(timed_poll(multi, LONG_MS, NULL) < PROMPT_MS);
    pthread_join(thread, NULL);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void wakeup_does_not_end_wait_and_stays_for_poll(void **state)
{
    CURLM *multi = multi_new();
    int fds[2], numfds = 9;
    int64_t start;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    curl_multi_wakeup(multi);
    start = monotonic_ms();
    struct curl_waitfd extra = {.fd = fds[0], .events = CURL_WAIT_POLLIN};

    assert_int_equal(curl_multi_wait(multi, &extra, 1, SHORT_MS, &numfds), CURLM_OK);
    assert_true(monotonic_ms() - start >= SHORT_MS - ROUNDING_MS);
    assert_int_equal(numfds, 0);
    assert_true(timed_poll(multi, LONG_MS, NULL) < PROMPT_MS);
    curl_multi_cleanup(multi);
    close(fds[0]);
    close(fds[1]);
}

static void wakeup_of_nothing_is_a_bad_handle(void **state)
{
    (void)state;
    assert_int_equal(curl_multi_wakeup(NULL), CURLM_BAD_HANDLE);
}

typedef CURLMcode wait_call(CURLM *, struct curl_waitfd *, unsigned, int, int *);

/* A readable pipe, a writable one, and one that is neither. */
static void check_extra_descriptors(wait_call *call)
{
    CURLM *multi = multi_new();
    int quiet[2], ready[2], numfds = 9;

    assert_int_equal(pipe(quiet), 0);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(write(ready[1], "x", 1), 1);
    struct curl_waitfd extra[] = {
        {.fd = quiet[0], .events = CURL_WAIT_POLLIN, .revents = 0x7},
        {.fd = ready[0],              .events = CURL_WAIT_POLLIN                          },
        {.fd = ready[1],              .events = CURL_WAIT_POLLOUT},
        {.fd = ready[0],              .events = CURL_WAIT_POLLPRI                          },
    };

    assert_int_equal(call(multi, extra, 4, LONG_MS, &numfds), CURLM_OK);
    assert_int_equal(numfds, 2);
    assert_int_equal(extra[0].revents, 0);
    assert_int_equal(extra[1].revents, CURL_WAIT_POLLIN);
    assert_int_equal(extra[2].revents, CURL_WAIT_POLLOUT);
    assert_int_equal(extra[3].revents, 0);
    curl_multi_cleanup(multi);
    for (int i = 0; i < 2; i++) {
        close(quiet[i]);
        close(ready[i]);
    }
}

static void poll_tells_which_extra_descriptors_are_ready(void **state)
{
    (void)state;
    check_extra_descriptors(curl_multi_poll);
}

static void wait_tells_which_extra_descriptors_are_ready(void **state)
{
    (void)state;
    check_extra_descriptors(curl_multi_wait);
}

static void extra_descriptor_ends_poll_beside_a_transfer(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    int fds[2], numfds = 0;
    int64_t start;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct curl_waitfd extra = {.fd = fds[0], .events = CURL_WAIT_POLLIN};

    start = monotonic_ms();
    assert_int_equal(curl_multi_poll(multi, &extra, 1, LONG_MS, &numfds), CURLM_OK);
    assert_true(monotonic_ms() - start < PROMPT_MS);
    assert_int_equal(numfds, 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
    close(fds[0]);
    close(fds[1]);
}

static const struct step answers_when_told[] = {
    AT_REQUEST, AT_STALL(1), AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), AT_LOOP};

/* An answer ends it, and numfds says that there was something. */
static void check_answer_ends(wait_call *call)
{
    struct server *server = server_start_script(answers_when_told);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    int64_t start = monotonic_ms();
    int numfds = 0;

    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    server_release(server, 1);
    while (perform(multi) > 0) {
        assert_int_equal(call(multi, NULL, 0, LONG_MS, &numfds), CURLM_OK);
        assert_true(numfds > 0);
    }
    assert_true(monotonic_ms() - start < PROMPT_MS);
    fetch_messages(multi);
    assert_fetched(fetch, 200, 2);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void answer_ends_poll(void **state)
{
    (void)state;
    check_answer_ends(curl_multi_poll);
}

static void answer_ends_wait(void **state)
{
    (void)state;
    check_answer_ends(curl_multi_wait);
}

/* Whether one of a few calls waits its whole time: what was under way when the first began may end
 * that one. */
static bool comes_to_rest(int64_t timed(CURLM *, int, int *), CURLM *multi)
{
    for (int i = 0; i < 5; i++) {
        int numfds = 9;

        if (timed(multi, SHORT_MS, &numfds) >= SHORT_MS - ROUNDING_MS && numfds == 0) {
            return true;
        }
        perform(multi);
    }
    return false;
}

/* With a transfer that waits for its server, both wait. */
static void stalled_transfer_lets_both_wait(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    perform_while_ready(multi);
    assert_true(comes_to_rest(timed_poll, multi));
    assert_true(comes_to_rest(timed_wait, multi));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void poll_does_not_sleep_past_a_transfers_time_out(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    int64_t start = monotonic_ms();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 100L);
    multi_add(multi, fetch);
    while (perform(multi) > 0) {
        curl_multi_poll(multi, NULL, 0, LONG_MS, NULL);
    }
    fetch_messages(multi);
    assert_int_equal(fetch->result, CURLE_OPERATION_TIMEDOUT);
    assert_true(monotonic_ms() - start < PROMPT_MS);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* A handle that was just added is something to do. */
static void poll_after_add_does_not_wait(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    assert_true(timed_poll(multi, LONG_MS, NULL) < PROMPT_MS);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 5);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void perform_and_wait_loop_completes(void **state)
{
    struct server *server = server_start_bytes(500000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    while (perform(multi) > 0) {
        assert_int_equal(curl_multi_wait(multi, NULL, 0, LONG_MS, NULL), CURLM_OK);
    }
    fetch_messages(multi);
    assert_fetched(fetch, 200, 500000);
    assert_body_is_pattern(&fetch->body);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poll_with_nothing_waits_its_time),
        cmocka_unit_test(wait_with_nothing_returns_at_once),
        cmocka_unit_test(negative_timeout_is_refused),
        cmocka_unit_test(wakeup_before_poll_ends_it_once),
        cmocka_unit_test(perform_does_not_eat_the_wakeup),
        cmocka_unit_test(wakeup_from_another_thread_ends_poll),
        cmocka_unit_test(wakeup_does_not_end_wait_and_stays_for_poll),
        cmocka_unit_test(wakeup_of_nothing_is_a_bad_handle),
        cmocka_unit_test(poll_tells_which_extra_descriptors_are_ready),
        cmocka_unit_test(wait_tells_which_extra_descriptors_are_ready),
        cmocka_unit_test(extra_descriptor_ends_poll_beside_a_transfer),
        cmocka_unit_test(answer_ends_poll),
        cmocka_unit_test(answer_ends_wait),
        cmocka_unit_test(stalled_transfer_lets_both_wait),
        cmocka_unit_test(poll_does_not_sleep_past_a_transfers_time_out),
        cmocka_unit_test(poll_after_add_does_not_wait),
        cmocka_unit_test(perform_and_wait_loop_completes),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
