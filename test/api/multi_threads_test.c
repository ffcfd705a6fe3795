/* SPDX-License-Identifier: MIT */
/* One multi handle used by several threads at once (curlpool's promise), and several multi and easy
 * handles in several threads (everybody's). */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum {
    THREADS = 4,
    EACH = 25,
};

/* One thread drives, the others add, remove and wake. Callbacks count how many of them run at once.
 */
struct shared_multi {
    CURLM *multi;
    struct server *server;
    pthread_t driver;
    atomic_int inside;
    atomic_int overlaps;
    atomic_int strays; /* callbacks on another thread than the driver */
    atomic_int bytes;
    atomic_int done;
    atomic_bool stop;
};

static size_t write_counts(char *bytes, size_t size, size_t count, void *data)
{
    struct shared_multi *shared = data;

    (void)bytes;
    if (atomic_fetch_add(&shared->inside, 1) != 0) {
        atomic_fetch_add(&shared->overlaps, 1);
    }
    if (!pthread_equal(shared->driver, pthread_self())) {
        atomic_fetch_add(&shared->strays, 1);
    }
    atomic_fetch_add(&shared->bytes, (int)(size * count));
    atomic_fetch_sub(&shared->inside, 1);
    return size * count;
}

static CURL *handle_for(struct shared_multi *shared)
{
    CURL *easy = curl_easy_init();

    curl_easy_setopt(easy, CURLOPT_URL, server_url(shared->server, "/"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_counts);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, shared);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
    return easy;
}

static void *adder(void *data)
{
    struct shared_multi *shared = data;

    for (int i = 0; i < EACH; i++) {
        if (curl_multi_add_handle(shared->multi, handle_for(shared)) != CURLM_OK) {
            atomic_fetch_add(&shared->strays, 1);
        }
        curl_multi_wakeup(shared->multi);
    }
    return NULL;
}

/* Adds and removes again at once, at whatever stage the driver has brought it to. */
static void *changer(void *data)
{
    struct shared_multi *shared = data;

    while (!atomic_load(&shared->stop)) {
        CURL *easy = handle_for(shared);

        curl_multi_add_handle(shared->multi, easy);
        curl_multi_wakeup(shared->multi);
        sched_yield();
        curl_multi_remove_handle(shared->multi, easy);
        curl_easy_cleanup(easy);
    }
    return NULL;
}

static void take_messages(struct shared_multi *shared)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(shared->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;

        assert_int_equal(message->data.result, CURLE_OK);
        curl_multi_remove_handle(shared->multi, easy);
        curl_easy_cleanup(easy);
        atomic_fetch_add(&shared->done, 1);
    }
}

static void one_thread_drives_while_others_add(void **state)
{
    struct shared_multi shared = {.driver = pthread_self()};
    pthread_t threads[THREADS];
    int64_t start = monotonic_ms();

    (void)state;
    only_curlpool_promises_this();
    shared.server = server_start_bytes(1000);
    shared.multi = multi_new();
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, adder, &shared), 0);
    }
    while (atomic_load(&shared.done) < THREADS * EACH) {
        perform(shared.multi);
        take_messages(&shared);
        curl_multi_poll(shared.multi, NULL, 0, 1000, NULL);
        assert_true(monotonic_ms() - start < 30000);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(perform(shared.multi), 0);
    assert_int_equal(shared.bytes, THREADS * EACH * 1000);
    assert_int_equal(shared.overlaps, 0);
    assert_int_equal(shared.strays, 0);
    curl_multi_cleanup(shared.multi);
    server_stop(shared.server);
}

static void *add_one(void *data)
{
    struct shared_multi *shared = data;

    if (curl_multi_add_handle(shared->multi, handle_for(shared)) != CURLM_OK) {
        atomic_fetch_add(&shared->strays, 1);
    }
    return NULL;
}

/* Once a handle is added it is the driver's: it may be done and freed before the call that added it
 * is back. Nothing orders the two threads here but the library's own locks; TSan sees the rest. */
static void an_added_handle_may_be_freed_at_once(void **state)
{
    struct shared_multi shared = {.driver = pthread_self()};
    int64_t start = monotonic_ms();

    (void)state;
    only_curlpool_promises_this();
    shared.server = server_start_bytes(10);
    shared.multi = multi_new();
    for (int round = 1; round <= EACH; round++) {
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, add_one, &shared), 0);
        while (atomic_load(&shared.done) < round) {
            perform(shared.multi);
            take_messages(&shared);
            assert_true(monotonic_ms() - start < 30000);
        }
        pthread_join(thread, NULL);
    }
    assert_int_equal(shared.strays, 0);
    curl_multi_cleanup(shared.multi);
    server_stop(shared.server);
}

static void one_thread_drives_while_others_add_and_remove(void **state)
{
    struct shared_multi shared = {.driver = pthread_self()};
    pthread_t threads[2];
    int performs = 0;

    (void)state;
    only_curlpool_promises_this();
    shared.server = server_start_bytes(100);
    shared.multi = multi_new();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, changer, &shared), 0);
    }
    /* Messages are not read here: the handle behind one may be cleaned up by its thread. */
    for (; performs < 300; performs++) {
        perform(shared.multi);
        curl_multi_poll(shared.multi, NULL, 0, 10, NULL);
    }
    atomic_store(&shared.stop, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(perform(shared.multi), 0);
    assert_int_equal(shared.overlaps, 0);
    assert_int_equal(shared.strays, 0);
    curl_multi_cleanup(shared.multi);
    server_stop(shared.server);
}

/* The thread that removes gets its handle back silent, although another one is in perform. */
struct removal {
    struct shared_multi *shared;
    struct fetch *fetch;
};

static void *remover(void *data)
{
    struct removal *removal = data;

    curl_multi_remove_handle(removal->shared->multi, removal->fetch->easy);
    removal->fetch->callbacks_banned = true;
    atomic_store(&removal->shared->stop, true);
    curl_multi_wakeup(removal->shared->multi);
    return NULL;
}

static void removed_by_another_thread_is_silent(void **state)
{
    struct shared_multi shared = {0};
    struct removal removal = {.shared = &shared};
    pthread_t thread;

    (void)state;
    only_curlpool_promises_this();
    shared.server = server_start_bytes(50000000);
    shared.multi = multi_new();
    removal.fetch = fetch_new(shared.server, "/");
    removal.fetch->keep_no_body = true;
    multi_add(shared.multi, removal.fetch);
    drive_until_server(shared.multi, shared.server, server_has_sent, 1000000);
    assert_int_equal(pthread_create(&thread, NULL, remover, &removal), 0);
    while (!atomic_load(&shared.stop)) {
        perform(shared.multi);
        curl_multi_poll(shared.multi, NULL, 0, 100, NULL);
    }
    pthread_join(thread, NULL);
    assert_int_equal(perform(shared.multi), 0);
    assert_int_equal(fetch_messages(shared.multi), 0);
    curl_multi_cleanup(shared.multi);
    fetch_free(removal.fetch);
    server_stop(shared.server);
}

static void *unpauser(void *easy)
{
    curl_easy_pause(easy, CURLPAUSE_CONT);
    return NULL;
}

/* A write callback that pauses once. */
static size_t write_pauses_once(char *bytes, size_t size, size_t count, void *data)
{
    struct fetch *fetch = data;

    if (fetch->writes++ == 0) {
        return CURL_WRITEFUNC_PAUSE;
    }
    return fetch_write(bytes, size, count, fetch);
}

static bool has_been_called(void *fetch)
{
    return ((struct fetch *)fetch)->writes > 0;
}

static void unpaused_by_another_thread_goes_on(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    pthread_t thread;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(100000);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_pauses_once);
    multi_add(multi, fetch);
    drive_until(multi, has_been_called, fetch);
    assert_int_equal(pthread_create(&thread, NULL, unpauser, fetch->easy), 0);
    drive_to_end(multi);
    pthread_join(thread, NULL);
    assert_fetched(fetch, 200, 100000);
    assert_body_is_pattern(&fetch->body);
    assert_true(pthread_equal(fetch->thread, pthread_self()));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* Messages are read on another thread than the one that performs. */
static void *message_reader(void *data)
{
    struct shared_multi *shared = data;

    while (atomic_load(&shared->done) < EACH) {
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(shared->multi, &left)) != NULL) {
            CURL *easy = message->easy_handle;

            curl_multi_remove_handle(shared->multi, easy);
            curl_easy_cleanup(easy);
            atomic_fetch_add(&shared->done, 1);
        }
        sched_yield();
    }
    curl_multi_wakeup(shared->multi);
    return NULL;
}

static void messages_are_read_by_another_thread(void **state)
{
    struct shared_multi shared = {.driver = pthread_self()};
    pthread_t thread;

    (void)state;
    only_curlpool_promises_this();
    shared.server = server_start_bytes(100);
    shared.multi = multi_new();
    for (int i = 0; i < EACH; i++) {
        assert_int_equal(curl_multi_add_handle(shared.multi, handle_for(&shared)), CURLM_OK);
    }
    assert_int_equal(pthread_create(&thread, NULL, message_reader, &shared), 0);
    while (atomic_load(&shared.done) < EACH) {
        perform(shared.multi);
        curl_multi_poll(shared.multi, NULL, 0, 100, NULL);
    }
    pthread_join(thread, NULL);
    assert_int_equal(shared.bytes, EACH * 100);
    curl_multi_cleanup(shared.multi);
    server_stop(shared.server);
}

/* What runs in a thread of its own with handles of its own. */
struct own {
    struct server *server;
    bool easy_only;
    int good;
};

static void *run_own(void *data)
{
    struct own *own = data;
    CURLM *multi = own->easy_only ? NULL : curl_multi_init();
    CURL *easy = curl_easy_init();
    struct fetch fetch = {.easy = easy, .keep_no_body = true};

    fetch_set_up(&fetch, easy, server_url(own->server, "/"));
    for (int i = 0; i < EACH; i++) {
        int running = 1;

        fetch.body.len = 0;
        if (own->easy_only) {
            fetch.result = curl_easy_perform(easy);
        } else {
            curl_multi_add_handle(multi, easy);
            while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
                curl_multi_poll(multi, NULL, 0, 1000, NULL);
            }
            fetch_messages(multi);
            curl_multi_remove_handle(multi, easy);
        }
        own->good += fetch.result == CURLE_OK && fetch.body.len == 5000 &&
                     pthread_equal(fetch.thread, pthread_self());
    }
    if (multi) {
        curl_multi_cleanup(multi);
    }
    curl_easy_cleanup(easy);
    text_release(&fetch.head);
    return NULL;
}

static void check_own_handles(bool easy_only)
{
    struct server *server = server_start_bytes(5000);
    struct own owns[THREADS] = {{0}};
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        owns[i] = (struct own){.server = server, .easy_only = easy_only};
        assert_int_equal(pthread_create(&threads[i], NULL, run_own, &owns[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(owns[i].good, EACH);
    }
    server_stop(server);
}

static void multis_in_threads_of_their_own_do_not_meet(void **state)
{
    (void)state;
    check_own_handles(false);
}

static void easy_handles_in_threads_of_their_own_do_not_meet(void **state)
{
    (void)state;
    check_own_handles(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_drives_while_others_add),
        cmocka_unit_test(an_added_handle_may_be_freed_at_once),
        cmocka_unit_test(one_thread_drives_while_others_add_and_remove),
        cmocka_unit_test(removed_by_another_thread_is_silent),
        cmocka_unit_test(unpaused_by_another_thread_goes_on),
        cmocka_unit_test(messages_are_read_by_another_thread),
        cmocka_unit_test(multis_in_threads_of_their_own_do_not_meet),
        cmocka_unit_test(easy_handles_in_threads_of_their_own_do_not_meet),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
