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

/* ---- Everything shared, by threads with easy and with multi handles ---- */

static const curl_lock_data kinds[] = {CURL_LOCK_DATA_COOKIE,      CURL_LOCK_DATA_DNS,
                                       CURL_LOCK_DATA_SSL_SESSION, CURL_LOCK_DATA_CONNECT,
                                       CURL_LOCK_DATA_PSL,         CURL_LOCK_DATA_HSTS};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

enum {
    THREADS = 4,
    EACH = 30,
};

/* What a program with lock functions has: a mutex a kind, and who holds it. */
static struct guards {
    pthread_mutex_t mutex[CURL_LOCK_DATA_LAST];
    pthread_t holder[CURL_LOCK_DATA_LAST];
    atomic_uint locks, unlocks, faults;
} guards;

static __thread bool calls_library;

static void guard_lock(CURL *easy, curl_lock_data what, curl_lock_access access, void *data)
{
    struct guards *g = data;

    (void)easy;
    (void)access;
    pthread_mutex_lock(&g->mutex[what]);
    g->holder[what] = pthread_self();
    atomic_fetch_add(&g->locks, 1);
    atomic_fetch_add(&g->faults, calls_library ? 0 : 1);
}

static void guard_unlock(CURL *easy, curl_lock_data what, void *data)
{
    struct guards *g = data;

    (void)easy;
    atomic_fetch_add(&g->unlocks, 1);
    atomic_fetch_add(&g->faults, pthread_equal(g->holder[what], pthread_self()) ? 0 : 1);
    pthread_mutex_unlock(&g->mutex[what]);
}

struct everything {
    struct server *server;
    CURLSH *share;
    unsigned number;
    int good;
};

/* Each handle sets cookies of its own through the program and gets one from the server. */
static void use_stores(CURL *easy, unsigned number, unsigned round)
{
    struct curl_slist *list = NULL;
    char line[128];

    snprintf(line, sizeof line, "h%u.example\tFALSE\t/\tFALSE\t0\tn%u\tv", number, round);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, line);
    curl_easy_setopt(easy, CURLOPT_HSTS_CTRL, (long)CURLHSTS_ENABLE);
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
    curl_slist_free_all(list);
    if (round % 8 == 7)
        curl_easy_setopt(easy, CURLOPT_COOKIELIST, "SESS");
}

static void *easy_user(void *data)
{
    struct everything *user = data;

    calls_library = true;
    for (unsigned i = 0; i < EACH; i++) {
        CURL *easy = curl_easy_init();
        struct fetch fetch = {.easy = easy, .keep_no_body = true};

        fetch_set_up(&fetch, easy, server_url(user->server, "/"));
        curl_easy_setopt(easy, CURLOPT_SHARE, user->share);
        use_stores(easy, user->number, i);
        user->good += curl_easy_perform(easy) == CURLE_OK && fetch.body.len == 4;
        curl_easy_cleanup(easy);
        text_release(&fetch.head);
    }
    return NULL;
}

static void *multi_user(void *data)
{
    struct everything *user = data;
    CURLM *multi;

    calls_library = true;
    multi = curl_multi_init();
    for (unsigned i = 0; i < EACH / 3; i++) {
        struct fetch fetches[3] = {{0}};
        int running = 1;

        for (int k = 0; k < 3; k++) {
            CURL *easy = curl_easy_init();
            fetches[k] = (struct fetch){.easy = easy, .keep_no_body = true};
            fetch_set_up(&fetches[k], easy, server_url(user->server, "/"));
            curl_easy_setopt(easy, CURLOPT_SHARE, user->share);
            use_stores(easy, user->number, i);
            curl_multi_add_handle(multi, easy);
        }
        while (!curl_multi_perform(multi, &running) && running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
        for (int k = 0; k < 3; k++) {
            curl_multi_remove_handle(multi, fetches[k].easy);
            user->good += fetches[k].body.len == 4;
            curl_easy_cleanup(fetches[k].easy);
            text_release(&fetches[k].head);
        }
    }
    curl_multi_cleanup(multi);
    return NULL;
}

static void threads_share_everything(bool with_locks)
{
    static const struct step steps[] = {
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 OK\r\nSet-Cookie: s=1; path=/\r\nSet-Cookie: gone=1; "
                "max-age=0\r\nContent-Length: 4\r\n\r\nbody"),
        AT_LOOP,
        AT_END,
    };
    struct server *server = server_start_script(steps);
    CURLSH *share = curl_share_init();
    struct everything users[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < KINDS; i++)
        assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, kinds[i]), CURLSHE_OK);
    memset(&guards, 0, sizeof guards);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&guards.mutex[i], NULL);
    if (with_locks) {
        curl_share_setopt(share, CURLSHOPT_LOCKFUNC, guard_lock);
        curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, guard_unlock);
        curl_share_setopt(share, CURLSHOPT_USERDATA, &guards);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        users[i] = (struct everything){.server = server, .share = share, .number = i};
        assert_int_equal(
            pthread_create(&threads[i], NULL, i % 2 ? multi_user : easy_user, &users[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(users[i].good, EACH);
    }
    calls_library = true;
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    assert_int_equal(guards.locks, guards.unlocks);
    assert_int_equal(guards.faults, 0);
    assert_true(guards.locks > 0 || !with_locks);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_destroy(&guards.mutex[i]);
    server_stop(server);
}

static void threads_share_everything_without_lock_functions(void **state)
{
    (void)state;
    only_curlpool_promises_this();
    threads_share_everything(false);
}

static void threads_share_everything_with_lock_functions(void **state)
{
    (void)state;
    only_curlpool_promises_this(); /* others document cookies and connections as not for threads */
    threads_share_everything(true);
}

/* What is done with shared cookies outside of a transfer locks them once. */
static void calls_that_use_cookies_lock_them(void **state)
{
    CURLSH *share = curl_share_init();
    CURL *easy = curl_easy_init();
    struct curl_slist *list = NULL;

    (void)state;
    memset(&seen, 0, sizeof seen);
    seen.caller = pthread_self();
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_lock);
    curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_unlock);
    curl_share_setopt(share, CURLSHOPT_USERDATA, &seen);
    curl_easy_setopt(easy, CURLOPT_SHARE, share);
    seen.locks = seen.unlocks = 0;
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "a.example\tFALSE\t/\tFALSE\t0\tn\tv");
    assert_int_equal(seen.locks, 1);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "SESS");
    assert_int_equal(seen.locks, 2);
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
    assert_null(list);
    assert_int_equal(seen.locks, 3);
    assert_int_equal(seen.unlocks, 3);
    curl_easy_cleanup(easy);
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    assert_int_equal(seen.locks, seen.unlocks);
    assert_int_equal(seen.strays, 0);
}

/* ---- Connections alone ---- */

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
        cmocka_unit_test(threads_share_everything_without_lock_functions),
        cmocka_unit_test(threads_share_everything_with_lock_functions),
        cmocka_unit_test(calls_that_use_cookies_lock_them),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
