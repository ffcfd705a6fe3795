/* SPDX-License-Identifier: MIT */
/* curl_multi_remove_handle() at every stage of a transfer: quick, silent ever after, the handle
 * free for other use at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

/* Milliseconds for what must not wait for the network: far more than it takes, far less than any
 * time-out. */
enum { PROMPT_MS = 1500 };

/* A multi handle with one transfer, and a server that is there for the next use of the handle. */
struct scene {
    struct server *next;
    struct fetch *fetch;
    CURLM *multi;
};

static void scene_open(struct scene *scene, const char *url)
{
    scene->next = server_start_bytes(77);
    scene->fetch = fetch_new_url(url);
    scene->multi = multi_new();
    multi_add(scene->multi, scene->fetch);
}

/* Removes, finds it silent, and runs the handle anew in the same multi handle, then alone. */
static void scene_remove_and_use_anew(struct scene *scene)
{
    struct fetch *fetch = scene->fetch;
    int64_t start = monotonic_ms();

    multi_remove(scene->multi, fetch);
    assert_true(monotonic_ms() - start < PROMPT_MS);
    fetch->callbacks_banned = true;
    perform_while_ready(scene->multi);
    assert_int_equal(perform(scene->multi), 0);
    assert_int_equal(fetch_messages(scene->multi), 0);
    fetch->callbacks_banned = false;
    fetch_clear(fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, server_url(scene->next, "/anew"));
    multi_add(scene->multi, fetch);
    drive_to_end(scene->multi);
    assert_int_equal(fetch->messages, 1);
    assert_fetched(fetch, 200, 77);
    assert_body_is_pattern(&fetch->body);
    multi_remove(scene->multi, fetch);
    fetch_clear(fetch);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 77);
}

static void scene_close(struct scene *scene)
{
    curl_multi_cleanup(scene->multi);
    fetch_free(scene->fetch);
    server_stop(scene->next);
}

static void removed_before_perform_never_starts(void **state)
{
    struct server *server = server_start_bytes(5);
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    scene_remove_and_use_anew(&scene);
    assert_int_equal(server_accepted(server), 0);
    scene_close(&scene);
    server_stop(server);
}

static void removed_mid_connect_is_silent(void **state)
{
    struct blackhole hole;
    struct scene scene;
    char url[64];

    (void)state;
    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    scene_open(&scene, url);
    assert_int_equal(perform_while_ready(scene.multi), 1);
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    blackhole_close(&hole);
}

static void removed_before_the_answer_is_silent(void **state)
{
    struct server *server = server_start_silent();
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    drive_until_server(scene.multi, server, server_has_requests, 1);
    scene_remove_and_use_anew(&scene);
    server_wait(server, server_saw_closes, 1);
    scene_close(&scene);
    server_stop(server);
}

static bool has_head_lines(void *fetch)
{
    return ((struct fetch *)fetch)->head_lines > 0;
}

/* The server has the client's first message and says nothing. */
static void removed_mid_handshake_is_silent(void **state)
{
    static const struct step steps[] = {AT_READ(64), AT_HOLD};
    struct server *server = server_start_script(steps);
    struct scene scene;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server_port(server));
    scene_open(&scene, url);
    drive_until_server(scene.multi, server, server_has_received, 64);
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    server_stop(server);
}

static void removed_mid_headers_is_silent(void **state)
{
    static const struct step steps[] = {AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nX-One: 1\r\nX-Tw"),
                                        AT_STALL(1), AT_SEND("o: 2\r\nContent-Length: 2\r\n\r\nno"),
                                        AT_END};
    struct server *server = server_start_script(steps);
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    if (library()->is_curlpool) {
        drive_until_server(scene.multi, server, server_is_stalled, 1);
    } else {
        drive_until(scene.multi, has_head_lines, scene.fetch);
    }
    scene.fetch->callbacks_banned = true;
    multi_remove(scene.multi, scene.fetch);
    server_release(server, 1);
    server_wait(server, server_saw_closes, 1);
    multi_add(scene.multi, scene.fetch);
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    server_stop(server);
}

static bool has_written(void *fetch)
{
    return ((struct fetch *)fetch)->writes > 0;
}

static void removed_mid_body_is_silent(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST,      AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
        AT_FILL(400000), AT_STALL(1),
        AT_FILL(600000), AT_END};
    struct server *server = server_start_script(steps);
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    drive_until(scene.multi, has_written, scene.fetch);
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    server_stop(server);
}

static void removed_mid_upload_reads_no_more(void **state)
{
    static const struct step steps[] = {AT_HEAD, AT_READ(100), AT_STALL(1), AT_END};
    static char body[4000000];
    struct server *server = server_start_script(steps);
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    curl_easy_setopt(scene.fetch->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(scene.fetch->easy, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    curl_easy_setopt(scene.fetch->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    drive_until_server(scene.multi, server, server_is_stalled, 1);
    multi_remove(scene.multi, scene.fetch);
    memset(body, 'x', sizeof body); /* the caller's again */
    multi_add(scene.multi, scene.fetch);
    multi_remove(scene.multi, scene.fetch);
    curl_easy_setopt(scene.fetch->easy, CURLOPT_HTTPGET, 1L);
    multi_add(scene.multi, scene.fetch);
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    server_stop(server);
}

static void removed_after_done_leaves_no_message(void **state)
{
    struct server *server = server_start_bytes(5);
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    while (perform(scene.multi) > 0) {
        curl_multi_poll(scene.multi, NULL, 0, 1000, NULL);
    }
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    server_stop(server);
}

static size_t write_pauses(char *bytes, size_t size, size_t count, void *fetch)
{
    (void)bytes;
    (void)size;
    (void)count;
    ((struct fetch *)fetch)->writes++;
    return CURL_WRITEFUNC_PAUSE;
}

static void removed_while_paused_is_silent(void **state)
{
    struct server *server = server_start_bytes(100000);
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/"));
    curl_easy_setopt(scene.fetch->easy, CURLOPT_WRITEFUNCTION, write_pauses);
    drive_until(scene.multi, has_written, scene.fetch);
    multi_remove(scene.multi, scene.fetch);
    curl_easy_setopt(scene.fetch->easy, CURLOPT_WRITEFUNCTION, fetch_write);
    multi_add(scene.multi, scene.fetch);
    scene_remove_and_use_anew(&scene);
    scene_close(&scene);
    server_stop(server);
}

static void removed_while_it_waits_for_a_connection_never_starts(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *holder = fetch_new(server, "/holder");
    struct scene scene;

    (void)state;
    scene_open(&scene, server_url(server, "/waiter"));
    multi_remove(scene.multi, scene.fetch);
    curl_multi_setopt(scene.multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    multi_add(scene.multi, holder);
    drive_until_server(scene.multi, server, server_has_requests, 1);
    multi_add(scene.multi, scene.fetch);
    assert_int_equal(perform_while_ready(scene.multi), 2);
    multi_remove(scene.multi, scene.fetch);
    assert_int_equal(perform(scene.multi), 1);
    multi_remove(scene.multi, holder);
    perform_while_ready(scene.multi);
    assert_int_equal(server_requests(server), 1);
    scene_close(&scene);
    fetch_free(holder);
    server_stop(server);
}

static void removing_twice_is_ok(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    multi_remove(multi, fetch);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
}

static void removing_one_never_added_is_ok(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new();

    (void)state;
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
}

static void removing_from_another_multi_is_refused(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1:1/");
    CURLM *multi = multi_new(), *other = multi_new();

    (void)state;
    multi_add(multi, fetch);
    assert_int_equal(curl_multi_remove_handle(other, fetch->easy), CURLM_BAD_EASY_HANDLE);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    curl_multi_cleanup(other);
    fetch_free(fetch);
}

static void easy_cleanup_of_an_added_handle_is_tolerated(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *gone = fetch_new(server, "/gone"), *stays = fetch_new(server, "/stays");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, gone);
    multi_add(multi, stays);
    drive_until_server(multi, server, server_has_requests, 2);
    gone->callbacks_banned = true;
    fetch_free(gone);
    assert_int_equal(perform_while_ready(multi), 1);
    assert_int_equal(fetch_messages(multi), 0);
    multi_remove(multi, stays);
    curl_multi_cleanup(multi);
    fetch_free(stays);
    server_stop(server);
}

static void others_go_on_when_one_is_removed(void **state)
{
    static const struct step steps[] = {AT_REQUEST, AT_STALL(1),
                                        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"),
                                        AT_END};
    struct server *server = server_start_script(steps);
    struct fetch *fetches[10];
    CURLM *multi = multi_new();

    (void)state;
    for (int i = 0; i < 10; i++) {
        fetches[i] = fetch_new(server, "/");
        multi_add(multi, fetches[i]);
    }
    drive_until_server(multi, server, server_has_requests, 10);
    for (int i = 0; i < 10; i += 2) {
        fetches[i]->callbacks_banned = true;
        multi_remove(multi, fetches[i]);
    }
    server_release(server, 1);
    drive_to_end(multi);
    for (int i = 0; i < 10; i++) {
        if (i % 2 == 1) {
            assert_fetched(fetches[i], 200, 4);
            multi_remove(multi, fetches[i]);
        }
        fetch_free(fetches[i]);
    }
    curl_multi_cleanup(multi);
    server_stop(server);
}

static void body_memory_is_the_callers_again_after_remove(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    char *body = malloc(300000);

    (void)state;
    assert_non_null(body);
    memset(body, 'b', 300000);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, 300000L);
    multi_add(multi, fetch);
    perform(multi);
    multi_remove(multi, fetch);
    free(body); /* a use after it shows under ASan and valgrind */
    perform_while_ready(multi);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removed_before_perform_never_starts),
        cmocka_unit_test(removed_mid_connect_is_silent),
        cmocka_unit_test(removed_before_the_answer_is_silent),
        cmocka_unit_test(removed_mid_handshake_is_silent),
        cmocka_unit_test(removed_mid_headers_is_silent),
        cmocka_unit_test(removed_mid_body_is_silent),
        cmocka_unit_test(removed_mid_upload_reads_no_more),
        cmocka_unit_test(removed_after_done_leaves_no_message),
        cmocka_unit_test(removed_while_paused_is_silent),
        cmocka_unit_test(removed_while_it_waits_for_a_connection_never_starts),
        cmocka_unit_test(removing_twice_is_ok),
        cmocka_unit_test(removing_one_never_added_is_ok),
        cmocka_unit_test(removing_from_another_multi_is_refused),
        cmocka_unit_test(easy_cleanup_of_an_added_handle_is_tolerated),
        cmocka_unit_test(others_go_on_when_one_is_removed),
        cmocka_unit_test(body_memory_is_the_callers_again_after_remove),
    };

    int failed;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
