/* SPDX-License-Identifier: MIT */
/* What a callback may call: a few functions work, the others are refused with RECURSIVE_API_CALL,
 * and the transfer goes on. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"
#include "support/loop.h"

/* One attempt from inside a write callback: what was called and what it said. */
struct attempt {
    struct fetch *fetch;
    CURLM *multi;
    struct fetch *other; /* not added */
    int (*call)(struct attempt *);
    int result;
    bool made;
};

static size_t write_and_try(char *bytes, size_t size, size_t count, void *data)
{
    struct attempt *attempt = data;

    if (!attempt->made) {
        attempt->made = true;
        attempt->result = attempt->call(attempt);
    }
    return fetch_write(bytes, size, count, attempt->fetch);
}

/* Runs a transfer in whose write callback `call` is made once; it must complete. Returns what the
 * call said. */
static int try_inside_write(int (*call)(struct attempt *))
{
    struct server *server = server_start_bytes(100);
    struct attempt attempt = {.call = call};

    attempt.fetch = fetch_new(server, "/");
    attempt.other = fetch_new(server, "/other");
    attempt.multi = multi_new();
    curl_easy_setopt(attempt.fetch->easy, CURLOPT_WRITEFUNCTION, write_and_try);
    curl_easy_setopt(attempt.fetch->easy, CURLOPT_WRITEDATA, &attempt);
    multi_add(attempt.multi, attempt.fetch);
    drive_to_end(attempt.multi);
    assert_true(attempt.made);
    assert_fetched(attempt.fetch, 200, 100);
    multi_remove(attempt.multi, attempt.fetch);
    curl_multi_cleanup(attempt.multi);
    fetch_free(attempt.fetch);
    fetch_free(attempt.other);
    server_stop(server);
    return attempt.result;
}

static int call_perform(struct attempt *attempt)
{
    int running;

    return (int)curl_multi_perform(attempt->multi, &running);
}

static int call_add(struct attempt *attempt)
{
    return (int)curl_multi_add_handle(attempt->multi, attempt->other->easy);
}

static int call_remove(struct attempt *attempt)
{
    return (int)curl_multi_remove_handle(attempt->multi, attempt->fetch->easy);
}

static int call_poll(struct attempt *attempt)
{
    return (int)curl_multi_poll(attempt->multi, NULL, 0, 0, NULL);
}

static int call_wait(struct attempt *attempt)
{
    return (int)curl_multi_wait(attempt->multi, NULL, 0, 0, NULL);
}

static int call_fdset(struct attempt *attempt)
{
    fd_set set;
    int max;

    FD_ZERO(&set);
    return (int)curl_multi_fdset(attempt->multi, &set, &set, &set, &max);
}

static int call_timeout(struct attempt *attempt)
{
    long timeout_ms;

    return (int)curl_multi_timeout(attempt->multi, &timeout_ms);
}

static int call_multi_setopt(struct attempt *attempt)
{
    return (int)curl_multi_setopt(attempt->multi, CURLMOPT_MAXCONNECTS, 5L);
}

static int call_socket_action(struct attempt *attempt)
{
    int running;

    return (int)curl_multi_socket_action(attempt->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int call_multi_cleanup(struct attempt *attempt)
{
    return (int)curl_multi_cleanup(attempt->multi);
}

static int call_easy_perform(struct attempt *attempt)
{
    return (int)curl_easy_perform(attempt->fetch->easy);
}

static int call_upkeep(struct attempt *attempt)
{
    return (int)curl_easy_upkeep(attempt->fetch->easy);
}

#define REFUSED(name, call, code)                                                                  \
    static void name##_inside_a_callback_is_refused(void **state)                                  \
    {                                                                                              \
        (void)state;                                                                               \
        assert_int_equal(try_inside_write(call), code);                                            \
    }

REFUSED(perform, call_perform, CURLM_RECURSIVE_API_CALL)
REFUSED(add_handle, call_add, CURLM_RECURSIVE_API_CALL)
REFUSED(remove_handle, call_remove, CURLM_RECURSIVE_API_CALL)
REFUSED(poll, call_poll, CURLM_RECURSIVE_API_CALL)
REFUSED(wait, call_wait, CURLM_RECURSIVE_API_CALL)
REFUSED(fdset, call_fdset, CURLM_RECURSIVE_API_CALL)
REFUSED(timeout, call_timeout, CURLM_RECURSIVE_API_CALL)
REFUSED(multi_setopt, call_multi_setopt, CURLM_RECURSIVE_API_CALL)
REFUSED(multi_cleanup, call_multi_cleanup, CURLM_RECURSIVE_API_CALL)

static void upkeep_inside_a_callback_is_refused(void **state)
{
    (void)state;
    needs_libcurl(0x080000); /* 7.88.1 finds nothing to keep up and is content */
    assert_int_equal(try_inside_write(call_upkeep), CURLE_RECURSIVE_API_CALL);
}

static void socket_action_inside_a_callback_is_refused(void **state)
{
    (void)state;
    needs_libcurl(0x080000); /* 7.88.1 is not checked here */
    assert_int_equal(try_inside_write(call_socket_action), CURLM_RECURSIVE_API_CALL);
}

/* A handle that is in a multi handle cannot be performed by itself, in a callback or not. */
static void easy_perform_inside_a_callback_is_refused(void **state)
{
    int code;

    (void)state;
    code = try_inside_write(call_easy_perform);
    assert_true(code == CURLE_FAILED_INIT || code == CURLE_RECURSIVE_API_CALL);
}

/* What is allowed, all in one write callback. */
static int call_what_is_allowed(struct attempt *attempt)
{
    CURL *easy = attempt->fetch->easy, *copy;
    struct curl_header *header = NULL;
    long status = 0;
    int left = -1;

    assert_int_equal(curl_easy_setopt(easy, CURLOPT_PRIVATE, attempt->fetch), CURLE_OK);
    assert_int_equal(curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status), CURLE_OK);
    assert_int_equal(status, 200);
    assert_int_equal(curl_easy_header(easy, "content-length", 0, CURLH_HEADER, -1, &header),
                     CURLHE_OK);
    assert_string_equal(header->value, "100");
    copy = curl_easy_duphandle(easy);
    assert_non_null(copy);
    curl_easy_setopt(copy, CURLOPT_URL, "http://127.0.0.1/");
    curl_easy_cleanup(copy);
    assert_int_equal(curl_easy_pause(easy, CURLPAUSE_CONT), CURLE_OK);
    assert_null(curl_multi_info_read(attempt->multi, &left));
    assert_int_equal(left, 0);
    assert_int_equal(curl_multi_wakeup(attempt->multi), CURLM_OK);
    if (library()->multi_get_handles) {
        CURL **handles = library()->multi_get_handles(attempt->multi);

        assert_non_null(handles);
        assert_ptr_equal(handles[0], easy);
        assert_null(handles[1]);
        curl_free(handles);
    }
    if (library()->multi_get_offt) {
        curl_off_t value = -1;

        assert_int_equal(library()->multi_get_offt(attempt->multi, CURLMINFO_XFERS_CURRENT, &value),
                         CURLM_OK);
        assert_int_equal(value, 1);
    }
    return 0;
}

static void allowed_calls_inside_a_callback_work(void **state)
{
    (void)state;
    assert_int_equal(try_inside_write(call_what_is_allowed), 0);
}

/* A whole other transfer in a handle of its own, from inside a callback, is nobody's recursion. */
static int call_perform_of_another(struct attempt *attempt)
{
    attempt->other->result = curl_easy_perform(attempt->other->easy);
    assert_fetched(attempt->other, 200, 100);
    return 0;
}

static void another_easy_handle_may_be_performed_inside_a_callback(void **state)
{
    (void)state;
    assert_int_equal(try_inside_write(call_perform_of_another), 0);
}

/* Another thread's call is not recursion: judged by thread. */
static void *add_other(void *data)
{
    struct attempt *attempt = data;

    attempt->result = (int)curl_multi_add_handle(attempt->multi, attempt->other->easy);
    return NULL;
}

static int call_add_on_another_thread(struct attempt *attempt)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, add_other, attempt), 0);
    pthread_join(thread, NULL);
    return attempt->result;
}

static void add_on_another_thread_during_a_callback_works(void **state)
{
    (void)state;
    only_curlpool_promises_this();
    assert_int_equal(try_inside_write(call_add_on_another_thread), CURLM_OK);
}

/* The callbacks of the multi handle are callbacks too. */
static CURLMcode inside_timer;

static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
    int running;

    (void)timeout_ms;
    (void)data;
    inside_timer = curl_multi_perform(multi, &running);
    return 0;
}

static void perform_inside_the_timer_callback_is_refused(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new();

    (void)state;
    inside_timer = CURLM_OK;
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    multi_add(multi, fetch);
    assert_int_equal(inside_timer, CURLM_RECURSIVE_API_CALL);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perform_inside_a_callback_is_refused),
        cmocka_unit_test(add_handle_inside_a_callback_is_refused),
        cmocka_unit_test(remove_handle_inside_a_callback_is_refused),
        cmocka_unit_test(poll_inside_a_callback_is_refused),
        cmocka_unit_test(wait_inside_a_callback_is_refused),
        cmocka_unit_test(fdset_inside_a_callback_is_refused),
        cmocka_unit_test(timeout_inside_a_callback_is_refused),
        cmocka_unit_test(multi_setopt_inside_a_callback_is_refused),
        cmocka_unit_test(multi_cleanup_inside_a_callback_is_refused),
        cmocka_unit_test(upkeep_inside_a_callback_is_refused),
        cmocka_unit_test(socket_action_inside_a_callback_is_refused),
        cmocka_unit_test(easy_perform_inside_a_callback_is_refused),
        cmocka_unit_test(allowed_calls_inside_a_callback_work),
        cmocka_unit_test(another_easy_handle_may_be_performed_inside_a_callback),
        cmocka_unit_test(add_on_another_thread_during_a_callback_works),
        cmocka_unit_test(perform_inside_the_timer_callback_is_refused),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
