/* SPDX-License-Identifier: MIT */
/* CURLMOPT_NOTIFYFUNCTION: what is told, and that its callback may add and remove handles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"
#include "support/taker.h"

struct listener {
    unsigned info_reads;
    unsigned dones;
    unsigned messages;
    CURL *done[16];
    struct server *server;
    struct fetch *next; /* to be added when one is done */
    bool remove_done;
    int perform_inside; /* what curl_multi_perform() said inside the callback */
};

static void on_notify(CURLM *multi, unsigned notification, CURL *easy, void *data)
{
    struct listener *listener = data;
    int running;

    listener->perform_inside = (int)curl_multi_perform(multi, &running);
    if (notification == CURLMNOTIFY_INFO_READ) {
        listener->info_reads++;
        listener->messages += fetch_messages(multi);
    } else if (notification == CURLMNOTIFY_EASY_DONE) {
        assert_true(listener->dones < 16);
        listener->done[listener->dones++] = easy;
        if (listener->remove_done) {
            assert_int_equal(curl_multi_remove_handle(multi, easy), CURLM_OK);
        }
        if (listener->next) {
            assert_int_equal(curl_multi_add_handle(multi, listener->next->easy), CURLM_OK);
            listener->next = NULL;
        }
    }
}

static CURLM *multi_listened(struct listener *listener)
{
    CURLM *multi;

    if (!library()->multi_notify_enable || library()->version < 0x081100) {
        return NULL;
    }
    memset(listener, 0, sizeof *listener);
    multi = multi_new();
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_NOTIFYFUNCTION, on_notify), CURLM_OK);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_NOTIFYDATA, listener), CURLM_OK);
    return multi;
}

static void info_read_is_told_and_messages_are_there(void **state)
{
    struct listener listener;
    CURLM *multi = multi_listened(&listener);
    struct server *server;
    struct fetch *fetches[5];

    (void)state;
    if (!multi) {
        skip();
    }
    server = server_start_bytes(10);
    assert_int_equal(library()->multi_notify_enable(multi, CURLMNOTIFY_INFO_READ), CURLM_OK);
    for (int i = 0; i < 5; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    while (listener.messages < 5) {
        perform(multi);
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    assert_in_range(listener.info_reads, 1, 5);
    assert_int_equal(listener.dones, 0);
    assert_int_equal(listener.perform_inside, CURLM_RECURSIVE_API_CALL);
    for (int i = 0; i < 5; i++) {
        assert_fetched(fetches[i], 200, 10);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

static void easy_done_is_told_once_for_each(void **state)
{
    struct listener listener;
    CURLM *multi = multi_listened(&listener);
    struct server *server;
    struct fetch *good, *bad;
    char url[64];
    uint16_t port;
    int fd;

    (void)state;
    if (!multi) {
        skip();
    }
    server = server_start_bytes(10);
    fd = refused_port_open(&port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    good = fetch_new(server, "/");
    bad = fetch_new_url(url);
    assert_int_equal(library()->multi_notify_enable(multi, CURLMNOTIFY_EASY_DONE), CURLM_OK);
    multi_add(multi, good);
    multi_add(multi, bad);
    drive_to_end(multi);
    assert_int_equal(listener.dones, 2);
    assert_ptr_not_equal(listener.done[0], listener.done[1]);
    assert_int_equal(listener.info_reads, 0);
    multi_remove(multi, good);
    multi_remove(multi, bad);
    curl_multi_cleanup(multi);
    fetch_free(good);
    fetch_free(bad);
    close(fd);
    server_stop(server);
}

static void callback_adds_the_next_and_removes_the_done(void **state)
{
    struct listener listener;
    CURLM *multi = multi_listened(&listener);
    struct server *server;
    struct fetch *first, *second;

    (void)state;
    if (!multi) {
        skip();
    }
    server = server_start_bytes(10);
    first = fetch_new(server, "/1");
    second = fetch_new(server, "/2");
    listener.remove_done = true;
    listener.next = second;
    library()->multi_notify_enable(multi, CURLMNOTIFY_EASY_DONE);
    multi_add(multi, first);
    while (listener.dones < 2) {
        perform(multi);
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    assert_ptr_equal(listener.done[0], first->easy);
    assert_ptr_equal(listener.done[1], second->easy);
    assert_int_equal(first->body.len, 10);
    assert_int_equal(second->body.len, 10);
    assert_int_equal(perform(multi), 0);
    assert_int_equal(fetch_messages(multi), 0); /* removal dropped them */
    curl_multi_cleanup(multi);
    fetch_free(first);
    fetch_free(second);
    server_stop(server);
}

static void nothing_is_told_after_disable(void **state)
{
    struct listener listener;
    CURLM *multi = multi_listened(&listener);
    struct server *server;
    struct fetch *fetch;

    (void)state;
    if (!multi) {
        skip();
    }
    server = server_start_bytes(10);
    fetch = fetch_new(server, "/");
    library()->multi_notify_enable(multi, CURLMNOTIFY_EASY_DONE);
    library()->multi_notify_enable(multi, CURLMNOTIFY_INFO_READ);
    assert_int_equal(library()->multi_notify_disable(multi, CURLMNOTIFY_EASY_DONE), CURLM_OK);
    assert_int_equal(library()->multi_notify_disable(multi, CURLMNOTIFY_INFO_READ), CURLM_OK);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(listener.dones + listener.info_reads, 0);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void unknown_notification_is_refused(void **state)
{
    struct listener listener;
    CURLM *multi = multi_listened(&listener);

    (void)state;
    if (!multi) {
        skip();
    }
    assert_int_equal(library()->multi_notify_enable(multi, 77), CURLM_UNKNOWN_OPTION);
    assert_int_equal(library()->multi_notify_disable(multi, 77), CURLM_UNKNOWN_OPTION);
    assert_int_equal(library()->multi_notify_enable(NULL, CURLMNOTIFY_EASY_DONE), CURLM_BAD_HANDLE);
    curl_multi_cleanup(multi);
}

static void linger(CURLM *multi, unsigned notification, CURL *easy, void *data)
{
    (void)multi;
    (void)easy;
    if (notification == CURLMNOTIFY_EASY_DONE) {
        taker_linger(data);
    }
}

static void another_thread_frees_it_when_it_was_told(void **state)
{
    struct listener listener;
    struct taker taker;
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    multi = multi_listened(&listener);
    server = server_start_bytes(100);
    fetch = fetch_new(server, "/");
    curl_multi_setopt(multi, CURLMOPT_NOTIFYFUNCTION, linger);
    curl_multi_setopt(multi, CURLMOPT_NOTIFYDATA, &taker);
    library()->multi_notify_enable(multi, CURLMNOTIFY_EASY_DONE);
    multi_add(multi, fetch);
    taker_start(&taker, fetch);
    drive_to_end(multi);
    taker_join(&taker);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_read_is_told_and_messages_are_there),
        cmocka_unit_test(easy_done_is_told_once_for_each),
        cmocka_unit_test(callback_adds_the_next_and_removes_the_done),
        cmocka_unit_test(nothing_is_told_after_disable),
        cmocka_unit_test(unknown_notification_is_refused),
        cmocka_unit_test(another_thread_frees_it_when_it_was_told),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
