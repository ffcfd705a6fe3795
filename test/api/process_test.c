/* SPDX-License-Identifier: MIT */
/* The library and the process: fork with live handles, exit without clean-up, signals, standard
 * error. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum { CHILD_LIMIT_S = 15 };

/* Runs `life` in a child that an alarm ends; returns what it exited with, or -signal. */
static int in_child(int (*life)(void *), void *with)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(CHILD_LIMIT_S);
        _exit(life(with));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A transfer in mid-flight, its server, and one that answers. */
struct scene {
    struct server *stalled;
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
};

static void scene_open(struct scene *scene)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), AT_STALL(1),
        AT_SEND("world"), AT_END};

    scene->stalled = server_start_script(steps);
    scene->server = server_start_bytes(10);
    scene->fetch = fetch_new(scene->stalled, "/");
    scene->multi = multi_new();
    multi_add(scene->multi, scene->fetch);
    drive_until_server(scene->multi, scene->stalled, server_is_stalled, 1);
}

/* The parent's transfer goes on as if nothing had happened; the server saw one connection and one
 * request. */
static void scene_finish(struct scene *scene)
{
    size_t len;
    const char *bytes = server_bytes(scene->stalled, 0, &len);

    server_release(scene->stalled, 1);
    drive_to_end(scene->multi);
    assert_fetched(scene->fetch, 200, 10);
    assert_string_equal(scene->fetch->body.bytes, "helloworld");
    assert_int_equal(server_accepted(scene->stalled), 1);
    assert_string_equal(bytes, server_request(scene->stalled, 0, NULL, NULL));
    multi_remove(scene->multi, scene->fetch);
    curl_multi_cleanup(scene->multi);
    fetch_free(scene->fetch);
    server_stop(scene->stalled);
    server_stop(scene->server);
}

static int child_cleans_up(void *with)
{
    struct scene *scene = with;

    curl_multi_cleanup(scene->multi);
    curl_easy_cleanup(scene->fetch->easy);
    return 0;
}

static int child_removes_and_resets(void *with)
{
    struct scene *scene = with;

    if (curl_multi_remove_handle(scene->multi, scene->fetch->easy) != CURLM_OK) {
        return 1;
    }
    curl_easy_reset(scene->fetch->easy);
    curl_easy_cleanup(scene->fetch->easy);
    return curl_multi_cleanup(scene->multi) == CURLM_OK ? 0 : 2;
}

/* Runs one transfer in the multi handle. */
static bool run_to_end(CURLM *multi)
{
    int running = 1;

    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    fetch_messages(multi);
    return running == 0;
}

static int child_uses_the_handles_anew(void *with)
{
    struct scene *scene = with;
    struct fetch *fetch = scene->fetch;

    curl_multi_remove_handle(scene->multi, fetch->easy);
    fetch_clear(fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, server_url(scene->server, "/child"));
    if (curl_multi_add_handle(scene->multi, fetch->easy) != CURLM_OK || !run_to_end(scene->multi)) {
        return 1;
    }
    if (fetch->result != CURLE_OK || fetch->body.len != 10) {
        return 2;
    }
    curl_multi_remove_handle(scene->multi, fetch->easy);
    fetch_clear(fetch);
    if (curl_easy_perform(fetch->easy) != CURLE_OK || fetch->body.len != 10) {
        return 3;
    }
    curl_multi_cleanup(scene->multi);
    curl_easy_cleanup(fetch->easy);
    return 0;
}

static int child_makes_new_handles(void *with)
{
    struct scene *scene = with;
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    struct fetch fetch = {.easy = easy};

    fetch_set_up(&fetch, easy, server_url(scene->server, "/new"));
    curl_multi_add_handle(multi, easy);
    if (!run_to_end(multi) || fetch.result != CURLE_OK || fetch.body.len != 10) {
        return 1;
    }
    curl_multi_cleanup(multi);
    curl_easy_cleanup(easy);
    return 0;
}

static void check_fork(int (*life)(void *))
{
    struct scene scene;

    scene_open(&scene);
    assert_int_equal(in_child(life, &scene), 0);
    scene_finish(&scene);
}

static void child_of_fork_cleans_up_what_it_inherited(void **state)
{
    (void)state;
    check_fork(child_cleans_up);
}

static void child_of_fork_removes_and_resets_what_it_inherited(void **state)
{
    (void)state;
    check_fork(child_removes_and_resets);
}

static void child_of_fork_uses_inherited_handles_anew(void **state)
{
    (void)state;
    only_curlpool_promises_this(); /* libcurl's shared epoll and connections are the caller's
                                      problem */
    check_fork(child_uses_the_handles_anew);
}

static void child_of_fork_makes_new_handles(void **state)
{
    (void)state;
    check_fork(child_makes_new_handles);
}

/* Idle connections of the parent stay usable when a child has cleaned up. */
static void idle_connection_survives_the_childs_cleanup(void **state)
{
    struct scene scene;
    struct fetch *fetch;

    (void)state;
    only_curlpool_promises_this();
    scene_open(&scene);
    fetch = fetch_new(scene.server, "/idle");
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 10);
    assert_int_equal(
        in_child(child_cleans_up, &(struct scene){.multi = scene.multi, .fetch = fetch}), 0);
    fetch_clear(fetch);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 10);
    assert_int_equal(fetch_long(fetch, CURLINFO_NUM_CONNECTS), 0);
    fetch_free(fetch);
    scene_finish(&scene);
}

static int child_exits_in_mid_flight(void *with)
{
    struct scene *scene = with;
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    int running;

    curl_easy_setopt(easy, CURLOPT_URL, server_url(scene->stalled, "/exit"));
    curl_multi_add_handle(multi, easy);
    while (server_requests(scene->stalled) < 2) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, NULL, 0, 10, NULL);
    }
    exit(7);
}

static void exit_without_clean_up_is_safe(void **state)
{
    static const struct step hold[] = {AT_REQUEST, AT_HOLD};
    struct scene scene = {.stalled = server_start_script(hold)};
    struct fetch *fetch = fetch_new(scene.stalled, "/parent");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_until_server(multi, scene.stalled, server_has_requests, 1);
    assert_int_equal(in_child(child_exits_in_mid_flight, &scene), 7);
    assert_int_equal(perform(multi), 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(scene.stalled);
}

/* exec in the child of a fork with live handles, as git does. */
static int child_executes(void *with)
{
    (void)with;
    execlp("true", "true", (char *)NULL);
    return 1;
}

static void fork_and_exec_leave_the_transfer_alone(void **state)
{
    (void)state;
    check_fork(child_executes);
}

/* A program that initialises and then daemonises: the child's first transfer works. */
static void transfer_in_the_child_of_an_initialised_parent_works(void **state)
{
    struct scene scene = {.server = server_start_bytes(10)};

    (void)state;
    assert_int_equal(in_child(child_makes_new_handles, &scene), 0);
    server_stop(scene.server);
}

static volatile sig_atomic_t signals_on_main, signals_elsewhere;
static pthread_t main_thread;

static void on_signal(int number)
{
    (void)number;
    if (pthread_equal(pthread_self(), main_thread)) {
        signals_on_main++;
    } else {
        signals_elsewhere++;
    }
}

/* No thread of the library takes the program's signals. */
static void signals_are_delivered_to_the_programs_thread(void **state)
{
    struct sigaction action = {.sa_handler = on_signal}, before, now;
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    main_thread = pthread_self();
    sigaction(SIGUSR1, &action, &before);
    multi_add(multi, fetch);
    drive_until_server(multi, server, server_has_requests, 1);
    for (int i = 0; i < 50; i++) {
        kill(getpid(), SIGUSR1);
        curl_multi_perform(multi, &(int){0});
    }
    assert_true(signals_on_main > 0);
    assert_int_equal(signals_elsewhere, 0);
    sigaction(SIGUSR1, &before, &now);
    assert_ptr_equal(now.sa_handler, on_signal);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* Writing to a connection that the server has reset raises nothing, whatever NOSIGNAL says. */
static int child_writes_to_a_reset_connection(void *with)
{
    static char body[5000000];
    struct server *server = with;
    CURL *easy = curl_easy_init();
    CURLcode code;

    signal(SIGPIPE, SIG_DFL);
    curl_easy_setopt(easy, CURLOPT_URL, server_url(server, "/"));
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ? 0
                                                                                             : 1;
}

static void reset_connection_raises_no_sigpipe(void **state)
{
    static const struct step steps[] = {AT_HEAD, AT_READ(100000), AT_RESET};
    struct server *server = server_start_script(steps);

    (void)state;
    assert_int_equal(in_child(child_writes_to_a_reset_connection, server), 0);
    server_stop(server);
}

static int child_initialises_again_and_again(void *with)
{
    struct scene *scene = with;

    curl_global_cleanup();
    for (int i = 0; i < 5; i++) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
            child_makes_new_handles(scene) != 0) {
            return 1;
        }
        curl_global_cleanup();
    }
    return 0;
}

static void global_init_and_cleanup_may_be_repeated(void **state)
{
    struct scene scene = {.server = server_start_bytes(10)};

    (void)state;
    assert_int_equal(in_child(child_initialises_again_and_again, &scene), 0);
    server_stop(scene.server);
}

/* Transfers, also failed ones, write nothing to standard error. */
static int child_runs_with_stderr_in_a_file(void *with)
{
    FILE *file = tmpfile();
    uint16_t port;
    char url[64];
    CURL *easy;

    if (!file || dup2(fileno(file), 2) < 0 || child_makes_new_handles(with) != 0) {
        return 1;
    }
    refused_port_open(&port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (curl_easy_perform(easy) == CURLE_OK) {
        return 2;
    }
    curl_easy_cleanup(easy);
    return lseek(2, 0, SEEK_END) == 0 ? 0 : 3;
}

static void nothing_is_written_to_standard_error(void **state)
{
    struct scene scene = {.server = server_start_bytes(10)};

    (void)state;
    assert_int_equal(in_child(child_runs_with_stderr_in_a_file, &scene), 0);
    server_stop(scene.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfer_in_the_child_of_an_initialised_parent_works),
        cmocka_unit_test(child_of_fork_cleans_up_what_it_inherited),
        cmocka_unit_test(child_of_fork_removes_and_resets_what_it_inherited),
        cmocka_unit_test(child_of_fork_uses_inherited_handles_anew),
        cmocka_unit_test(child_of_fork_makes_new_handles),
        cmocka_unit_test(idle_connection_survives_the_childs_cleanup),
        cmocka_unit_test(exit_without_clean_up_is_safe),
        cmocka_unit_test(fork_and_exec_leave_the_transfer_alone),
        cmocka_unit_test(signals_are_delivered_to_the_programs_thread),
        cmocka_unit_test(reset_connection_raises_no_sigpipe),
        cmocka_unit_test(global_init_and_cleanup_may_be_repeated),
        cmocka_unit_test(nothing_is_written_to_standard_error),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
