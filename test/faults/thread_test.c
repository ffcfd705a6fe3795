/* SPDX-License-Identifier: MIT */
/* No thread can be created: the transfers run on the calling thread, through all the loops. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/select.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

/* Found before the C library's own. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    (void)thread;
    (void)attributes;
    (void)run;
    (void)argument;
    return EAGAIN;
}

enum { FETCHES = 20 };

struct several {
    struct server *server;
    CURLM *multi;
    struct fetch *fetches[FETCHES];
};

static void begin(struct several *s)
{
    s->server = server_start_bytes(100000);
    s->multi = multi_new();
    for (int i = 0; i < FETCHES; i++) {
        s->fetches[i] = fetch_new(s->server, "/");
        multi_add(s->multi, s->fetches[i]);
    }
}

static void end(struct several *s)
{
    for (int i = 0; i < FETCHES; i++) {
        assert_fetched(s->fetches[i], 200, 100000);
        multi_remove(s->multi, s->fetches[i]);
        fetch_free(s->fetches[i]);
    }
    curl_multi_cleanup(s->multi);
    server_stop(s->server);
}

static void perform_and_poll_without_threads(void **state)
{
    struct several s;

    (void)state;
    begin(&s);
    drive_to_end(s.multi);
    end(&s);
}

static void perform_and_select_without_threads(void **state)
{
    struct several s;
    int running;

    (void)state;
    begin(&s);
    do {
        fd_set in;
        int max;
        long ms;
        struct timeval wait;

        assert_int_equal(curl_multi_perform(s.multi, &running), CURLM_OK);
        FD_ZERO(&in);
        assert_int_equal(curl_multi_fdset(s.multi, &in, NULL, NULL, &max), CURLM_OK);
        assert_int_equal(curl_multi_timeout(s.multi, &ms), CURLM_OK);
        wait = (struct timeval){.tv_sec = 1};
        if (ms >= 0 && ms < 1000)
            wait = (struct timeval){.tv_usec = ms * 1000};
        if (running > 0)
            assert_true(select(max + 1, &in, NULL, NULL, &wait) >= 0);
    } while (running > 0);
    fetch_messages(s.multi);
    end(&s);
}

static void removed_in_the_middle_without_threads(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void time_out_without_threads(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 50L);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OPERATION_TIMEDOUT);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perform_and_poll_without_threads),
        cmocka_unit_test(perform_and_select_without_threads),
        cmocka_unit_test(removed_in_the_middle_without_threads),
        cmocka_unit_test(time_out_without_threads),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
