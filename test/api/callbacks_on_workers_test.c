/* SPDX-License-Identifier: MIT */
/* CURLMOPT_X_CALLBACKS_ON_WORKERS: the data callbacks run while the program is away; all else stays
 * as it is. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <curl/curlpool.h>

#include "support/fetch.h"
#include "support/library.h"

static struct server *server;
static struct fetch *fetch;
static CURLM *multi;

static int begin(void **state)
{
    (void)state;
    server = server_start_bytes(100000);
    multi = multi_new();
    fetch = fetch_new(server, "/");
    return 0;
}

static int end(void **state)
{
    (void)state;
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
    return 0;
}

static void start(void)
{
    only_curlpool_promises_this();
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_X_CALLBACKS_ON_WORKERS, 1L), CURLM_OK);
    multi_add(multi, fetch);
}

/* What the callbacks saw. */
static struct {
    atomic_size_t bytes, calls;
    atomic_bool pauses, fails, holds, inside;
    atomic_int multi_result;
    CURLM *recurse;
} seen;

static size_t on_write(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    atomic_fetch_add(&seen.calls, 1);
    if (seen.recurse)
        atomic_store(&seen.multi_result, (int)curl_multi_perform(seen.recurse, &(int){0}));
    if (atomic_exchange(&seen.pauses, false))
        return CURL_WRITEFUNC_PAUSE;
    if (atomic_load(&seen.fails))
        return size * count - 1;
    atomic_store(&seen.inside, true);
    while (atomic_load(&seen.holds))
        sched_yield();
    atomic_fetch_add(&seen.bytes, size * count);
    atomic_store(&seen.inside, false);
    return size * count;
}

static void use_on_write(void)
{
    memset(&seen, 0, sizeof(seen));
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, on_write);
}

static void wait_until(atomic_size_t *count, size_t at_least)
{
    int64_t late = monotonic_ms() + 20000;

    while (atomic_load(count) < at_least && monotonic_ms() < late)
        sched_yield();
    assert_true(atomic_load(count) >= at_least);
}

static void body_is_taken_while_the_program_is_away(void **state)
{
    (void)state;
    use_on_write();
    start();
    perform(multi);
    wait_until(&seen.bytes, 100000);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_DOWNLOAD_T), 100000);
    multi_remove(multi, fetch);
}

static void head_comes_before_the_body_and_all_of_both(void **state)
{
    struct curl_header *header;

    (void)state;
    start();
    curl_easy_setopt(fetch->easy, CURLOPT_HEADER, 1L);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_memory_equal(fetch->body.bytes, fetch->head.bytes, fetch->head.len);
    assert_int_equal(fetch->body.len, fetch->head.len + 100000);
    assert_int_equal(curl_easy_header(fetch->easy, "Content-Length", 0, CURLH_HEADER, -1, &header),
                     CURLHE_OK);
    assert_string_equal(header->value, "100000");
    multi_remove(multi, fetch);
}

static void failing_callback_ends_the_transfer(void **state)
{
    (void)state;
    use_on_write();
    atomic_store(&seen.fails, true);
    start();
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_WRITE_ERROR);
    assert_non_null(strstr(fetch->error, "Failure writing output to destination"));
    assert_int_equal(atomic_load(&seen.calls), 1);
    multi_remove(multi, fetch);
}

static void pause_holds_until_resume(void **state)
{
    (void)state;
    use_on_write();
    atomic_store(&seen.pauses, true);
    start();
    perform(multi);
    wait_until(&seen.calls, 1);
    assert_int_equal(atomic_load(&seen.bytes), 0);
    curl_easy_pause(fetch->easy, CURLPAUSE_CONT);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(atomic_load(&seen.bytes), 100000);
    multi_remove(multi, fetch);
}

static void multi_call_inside_is_a_recursion(void **state)
{
    (void)state;
    use_on_write();
    seen.recurse = multi;
    start();
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(atomic_load(&seen.multi_result), CURLM_RECURSIVE_API_CALL);
    multi_remove(multi, fetch);
}

static void *let_go(void *argument)
{
    (void)argument;
    while (!atomic_load(&seen.inside))
        sched_yield();
    for (int i = 0; i < 1000; i++)
        sched_yield();
    atomic_store(&seen.holds, false);
    return NULL;
}

static void removal_waits_for_the_callback(void **state)
{
    pthread_t other;
    size_t calls;

    (void)state;
    use_on_write();
    atomic_store(&seen.holds, true);
    start();
    perform(multi);
    while (!atomic_load(&seen.inside))
        sched_yield();
    pthread_create(&other, NULL, let_go, NULL);
    multi_remove(multi, fetch);
    assert_false(atomic_load(&seen.inside));
    calls = atomic_load(&seen.calls);
    pthread_join(other, NULL);
    assert_int_equal(atomic_load(&seen.calls), calls);
}

static void transfers_after_zero_are_called_by_the_program(void **state)
{
    (void)state;
    only_curlpool_promises_this();
    curl_multi_setopt(multi, CURLMOPT_X_CALLBACKS_ON_WORKERS, 1L);
    curl_multi_setopt(multi, CURLMOPT_X_CALLBACKS_ON_WORKERS, 0L);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_true(pthread_equal(fetch->thread, pthread_self()));
    assert_fetched(fetch, 200, 100000);
    multi_remove(multi, fetch);
}

#define WORKER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORKER_TEST(body_is_taken_while_the_program_is_away),
        WORKER_TEST(head_comes_before_the_body_and_all_of_both),
        WORKER_TEST(failing_callback_ends_the_transfer),
        WORKER_TEST(pause_holds_until_resume),
        WORKER_TEST(multi_call_inside_is_a_recursion),
        WORKER_TEST(removal_waits_for_the_callback),
        WORKER_TEST(transfers_after_zero_are_called_by_the_program),
    };

    return cmocka_run_group_tests_name("callbacks on workers", tests, NULL, NULL);
}
