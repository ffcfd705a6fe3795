/* SPDX-License-Identifier: MIT */
/* Share objects: what is shared, the lock callbacks and their thread, and use from several threads
 * at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static struct {
    pthread_t caller;
    unsigned locks, unlocks, strays;
    int held[CURL_LOCK_DATA_LAST];
} seen;

static void on_lock(CURL *easy, curl_lock_data what, curl_lock_access access, void *data)
{
    (void)easy;
    (void)access;
    assert_ptr_equal(data, &seen);
    seen.locks++;
    seen.held[what]++;
    seen.strays += !pthread_equal(seen.caller, pthread_self());
}

static void on_unlock(CURL *easy, curl_lock_data what, void *data)
{
    (void)easy;
    (void)data;
    seen.unlocks++;
    seen.held[what]--;
    seen.strays += !pthread_equal(seen.caller, pthread_self());
}

static CURLSH *share_all(void)
{
    CURLSH *share = curl_share_init();

    assert_non_null(share);
    assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT), CURLSHE_OK);
    assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS), CURLSHE_OK);
    return share;
}

static void lock_callbacks_run_in_pairs_on_the_callers_thread(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");
    CURLSH *share = share_all();

    (void)state;
    memset(&seen, 0, sizeof seen);
    seen.caller = pthread_self();
    curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_lock);
    curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_unlock);
    curl_share_setopt(share, CURLSHOPT_USERDATA, &seen);
    assert_int_equal(curl_easy_setopt(fetch->easy, CURLOPT_SHARE, share), CURLE_OK);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 10);
    fetch_free(fetch);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    assert_int_equal(seen.locks, seen.unlocks);
    assert_int_equal(seen.strays, 0);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) {
        assert_int_equal(seen.held[i], 0);
    }
    server_stop(server);
}

static void share_in_use_is_not_changed_or_cleaned_up(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1/");
    CURLSH *share = share_all();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_SHARE, share);
    assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE),
                     CURLSHE_IN_USE);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_IN_USE);
    curl_easy_setopt(fetch->easy, CURLOPT_SHARE, NULL);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    fetch_free(fetch);
}

static void share_refuses_what_it_does_not_know(void **state)
{
    CURLSH *share = curl_share_init();

    (void)state;
    assert_int_equal(curl_share_setopt(share, (CURLSHoption)99, 1), CURLSHE_BAD_OPTION);
    assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, 77), CURLSHE_BAD_OPTION);
    assert_int_equal(curl_share_setopt(NULL, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS), CURLSHE_INVALID);
    assert_int_equal(curl_share_cleanup(NULL), CURLSHE_INVALID);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
}

/* Connections are shared between multi handles, too. */
static void multis_with_one_share_use_one_connection(void **state)
{
    struct server *server = server_start_bytes(10);
    CURLSH *share = share_all();

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fetch *fetch = fetch_new(server, "/");
        CURLM *multi = multi_new();

        curl_easy_setopt(fetch->easy, CURLOPT_SHARE, share);
        multi_add(multi, fetch);
        drive_to_end(multi);
        assert_fetched(fetch, 200, 10);
        multi_remove(multi, fetch);
        fetch_free(fetch);
        curl_multi_cleanup(multi);
    }
    assert_int_equal(server_accepted(server), 1);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    server_stop(server);
}

enum {
    THREADS = 4,
    EACH = 30,
};

struct user {
    struct server *server;
    CURLSH *share;
    int good;
};

static void *use_share(void *data)
{
    struct user *user = data;

    for (int i = 0; i < EACH; i++) {
        CURL *easy = curl_easy_init();
        struct fetch fetch = {.easy = easy, .keep_no_body = true};

        fetch_set_up(&fetch, easy, server_url(user->server, "/"));
        curl_easy_setopt(easy, CURLOPT_SHARE, user->share);
        user->good += curl_easy_perform(easy) == CURLE_OK && fetch.body.len == 1000;
        curl_easy_cleanup(easy);
        text_release(&fetch.head);
    }
    return NULL;
}

/* Without lock callbacks: the store looks after itself. */
static void threads_share_connections_without_lock_callbacks(void **state)
{
    struct user users[THREADS];
    pthread_t threads[THREADS];
    struct server *server;
    CURLSH *share;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(1000);
    share = share_all();
    for (int i = 0; i < THREADS; i++) {
        users[i] = (struct user){.server = server, .share = share};
        assert_int_equal(pthread_create(&threads[i], NULL, use_share, &users[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(users[i].good, EACH);
    }
    assert_in_range(server_accepted(server), 1, THREADS);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock_callbacks_run_in_pairs_on_the_callers_thread),
        cmocka_unit_test(share_in_use_is_not_changed_or_cleaned_up),
        cmocka_unit_test(share_refuses_what_it_does_not_know),
        cmocka_unit_test(multis_with_one_share_use_one_connection),
        cmocka_unit_test(threads_share_connections_without_lock_callbacks),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
