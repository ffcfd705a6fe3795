/* SPDX-License-Identifier: MIT */
/* Pausing: from the callbacks and from outside, in both directions; the data comes again, once, and
 * the peer feels it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

/* A write callback that pauses before some of its calls. */
struct pauser {
    struct fetch *fetch;
    unsigned pause_left;   /* how many calls shall pause */
    unsigned paused;       /* how many did */
    struct text refused;   /* what the last refused call was given */
    bool inside_unpause;   /* the program is in curl_easy_pause() */
    bool called_inside;    /* and the callback ran then */
    bool same_bytes_again; /* what came after a pause began with the same bytes */
};

static size_t write_or_pause(char *bytes, size_t size, size_t count, void *data)
{
    struct pauser *pauser = data;
    size_t len = size * count;

    pauser->called_inside |= pauser->inside_unpause;
    if (pauser->refused.len > 0) {
        size_t compare = len < pauser->refused.len ? len : pauser->refused.len;

        pauser->same_bytes_again = memcmp(bytes, pauser->refused.bytes, compare) == 0;
        text_release(&pauser->refused);
    }
    if (pauser->pause_left > 0) {
        pauser->pause_left--;
        pauser->paused++;
        text_add(&pauser->refused, bytes, len);
        return CURL_WRITEFUNC_PAUSE;
    }
    return fetch_write(bytes, size, count, pauser->fetch);
}

static bool has_paused(void *pauser)
{
    return ((struct pauser *)pauser)->pause_left == 0;
}

static void pauser_open(struct pauser *pauser, struct fetch *fetch, unsigned pauses)
{
    *pauser = (struct pauser){.fetch = fetch, .pause_left = pauses};
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_or_pause);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, pauser);
}

static CURLcode unpause(struct pauser *pauser)
{
    CURLcode code;

    pauser->inside_unpause = true;
    code = curl_easy_pause(pauser->fetch->easy, CURLPAUSE_CONT);
    pauser->inside_unpause = false;
    return code;
}

static void paused_data_comes_again_once(void **state)
{
    struct server *server = server_start_bytes(200000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct pauser pauser;

    (void)state;
    pauser_open(&pauser, fetch, 1);
    multi_add(multi, fetch);
    drive_until(multi, has_paused, &pauser);
    assert_int_equal(perform_while_ready(multi), 1);
    assert_int_equal(fetch->body.len, 0);
    assert_int_equal(unpause(&pauser), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 200000);
    assert_body_is_pattern(&fetch->body);
    assert_true(pauser.same_bytes_again);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void pausing_again_and_again_loses_nothing(void **state)
{
    struct server *server = server_start_bytes(100000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct pauser pauser;

    (void)state;
    pauser_open(&pauser, fetch, 1);
    multi_add(multi, fetch);
    for (unsigned round = 1; round <= 20; round++) {
        drive_until(multi, has_paused, &pauser);
        pauser.pause_left = round < 20;
        assert_int_equal(unpause(&pauser), CURLE_OK);
    }
    drive_to_end(multi);
    assert_int_equal(pauser.paused, 20);
    assert_fetched(fetch, 200, 100000);
    assert_body_is_pattern(&fetch->body);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    text_release(&pauser.refused);
    fetch_free(fetch);
    server_stop(server);
}

/* With the response complete on our side while it is paused, the end waits for the data. */
static void small_body_paused_at_its_end_is_delivered_before_done(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nlast words"), AT_END};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct pauser pauser;

    (void)state;
    pauser_open(&pauser, fetch, 1);
    multi_add(multi, fetch);
    drive_until(multi, has_paused, &pauser);
    assert_int_equal(perform_while_ready(multi), 1);
    assert_int_equal(fetch_messages(multi), 0);
    assert_int_equal(unpause(&pauser), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 10);
    assert_string_equal(fetch->body.bytes, "last words");
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static bool has_body(void *fetch)
{
    return ((struct fetch *)fetch)->body.len > 0;
}

static void paused_from_outside_delivers_nothing_until_resumed(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), AT_STALL(1),
        AT_SEND("world"), AT_LOOP};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_until(multi, has_body, fetch);
    assert_int_equal(curl_easy_pause(fetch->easy, CURLPAUSE_RECV), CURLE_OK);
    fetch->callbacks_banned = true;
    server_release(server, 1);
    server_wait(server, server_has_sent, 49);
    assert_int_equal(perform_while_ready(multi), 1);
    fetch->callbacks_banned = false;
    assert_int_equal(curl_easy_pause(fetch->easy, CURLPAUSE_CONT), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 10);
    assert_string_equal(fetch->body.bytes, "helloworld");
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void unpausing_one_not_paused_is_ok(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    perform(multi);
    assert_int_equal(curl_easy_pause(fetch->easy, CURLPAUSE_CONT), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 10);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* 50 MB with the receiver paused: the server cannot send more than the kernel and a bounded window
 * take. */
static void paused_download_holds_the_server_back(void **state)
{
    enum {
        SIZE = 50000000,
        BOUND = 30000000,
    };
    struct server *server = server_start_bytes(SIZE);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct pauser pauser;
    uint64_t sent = 0;

    (void)state;
    fetch->keep_no_body = true;
    pauser_open(&pauser, fetch, 1);
    multi_add(multi, fetch);
    drive_until(multi, has_paused, &pauser);
    /* Until nothing has moved for a while: more bytes than BOUND would fail it. */
    for (int quiet = 0; quiet < 5;) {
        uint64_t now;

        perform(multi);
        curl_multi_poll(multi, NULL, 0, 40, NULL);
        now = server_connection(server, 0)->sent;
        quiet = now == sent ? quiet + 1 : 0;
        sent = now;
        assert_true(sent < BOUND);
    }
    assert_int_equal(unpause(&pauser), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, SIZE);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    text_release(&pauser.refused);
    fetch_free(fetch);
    server_stop(server);
}

/* Nothing can happen to a paused transfer, so nothing wakes the program. */
static void paused_transfer_causes_no_wake_ups(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    struct pauser pauser;
    bool rested = false;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(20000000);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    fetch->keep_no_body = true;
    pauser_open(&pauser, fetch, 1);
    multi_add(multi, fetch);
    drive_until(multi, has_paused, &pauser);
    for (int i = 0; i < 5 && !rested; i++) {
        int64_t start = monotonic_ms();
        int ready;

        assert_int_equal(curl_multi_poll(multi, NULL, 0, 100, &ready), CURLM_OK);
        rested = ready == 0 && monotonic_ms() - start >= 95;
        perform(multi);
    }
    assert_true(rested);
    assert_int_equal(unpause(&pauser), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 20000000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void paused_one_does_not_stop_others(void **state)
{
    struct server *server = server_start_bytes(1000000);
    struct fetch *paused = fetch_new(server, "/paused"), *free_one = fetch_new(server, "/free");
    CURLM *multi = multi_new();
    struct pauser pauser;

    (void)state;
    pauser_open(&pauser, paused, 1);
    multi_add(multi, paused);
    drive_until(multi, has_paused, &pauser);
    multi_add(multi, free_one);
    while (perform(multi) > 1) {
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    fetch_messages(multi);
    assert_fetched(free_one, 200, 1000000);
    assert_int_equal(unpause(&pauser), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(paused, 200, 1000000);
    assert_body_is_pattern(&paused->body);
    multi_remove(multi, paused);
    multi_remove(multi, free_one);
    curl_multi_cleanup(multi);
    fetch_free(paused);
    fetch_free(free_one);
    server_stop(server);
}

static void paused_transfer_still_times_out(void **state)
{
    struct server *server = server_start_bytes(1000000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    struct pauser pauser;

    (void)state;
    pauser_open(&pauser, fetch, 1);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 300L);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OPERATION_TIMEDOUT);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    text_release(&pauser.refused);
    fetch_free(fetch);
    server_stop(server);
}

/* An upload whose read callback has nothing for now. */
struct source {
    const char *bytes;
    size_t left;
    unsigned pause_left;
    unsigned calls;
};

static size_t read_or_pause(char *into, size_t size, size_t count, void *data)
{
    struct source *source = data;
    size_t len = size * count < source->left ? size * count : source->left;

    source->calls++;
    if (source->pause_left > 0) {
        source->pause_left--;
        return CURL_READFUNC_PAUSE;
    }
    memcpy(into, source->bytes, len);
    source->bytes += len;
    source->left -= len;
    return len;
}

static bool source_has_paused(void *source)
{
    return ((struct source *)source)->pause_left == 0;
}

static void upload_paused_by_its_callback_goes_on_after(void **state)
{
    static const struct step steps[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), AT_LOOP};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/up");
    CURLM *multi = multi_new();
    struct source source = {.bytes = "twelve bytes", .left = 12, .pause_left = 1};

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_INFILESIZE, 12L);
    curl_easy_setopt(fetch->easy, CURLOPT_READFUNCTION, read_or_pause);
    curl_easy_setopt(fetch->easy, CURLOPT_READDATA, &source);
    multi_add(multi, fetch);
    drive_until(multi, source_has_paused, &source);
    assert_int_equal(perform_while_ready(multi), 1);
    assert_int_equal(server_requests(server), 0);
    assert_int_equal(curl_easy_pause(fetch->easy, CURLPAUSE_CONT), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 0);
    assert_non_null(strstr(server_request(server, 0, NULL, NULL), "\r\n\r\ntwelve bytes"));
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* After the write callback failed, it is not called again. */
static size_t write_fails(char *bytes, size_t size, size_t count, void *fetch)
{
    (void)bytes;
    (void)size;
    (void)count;
    ((struct fetch *)fetch)->writes++;
    return 0;
}

static void failed_write_callback_is_not_called_again(void **state)
{
    struct server *server = server_start_bytes(5000000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_fails);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_WRITE_ERROR);
    assert_int_equal(fetch->writes, 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    assert_int_equal(fetch->writes, 1);
    fetch_free(fetch);
    server_stop(server);
}

/* The program resumes from the progress callback, as the manual suggests. */
static int progress_unpauses(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total,
                             curl_off_t up_now)
{
    struct pauser *pauser = data;

    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    if (pauser->paused > 0 && pauser->refused.len > 0) {
        curl_easy_pause(pauser->fetch->easy, CURLPAUSE_CONT);
    }
    return 0;
}

static void unpaused_from_the_progress_callback(void **state)
{
    struct server *server = server_start_bytes(100000);
    struct fetch *fetch = fetch_new(server, "/");
    struct pauser pauser;

    (void)state;
    pauser_open(&pauser, fetch, 1);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFOFUNCTION, progress_unpauses);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFODATA, &pauser);
    curl_easy_setopt(fetch->easy, CURLOPT_NOPROGRESS, 0L);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 100000);
    assert_body_is_pattern(&fetch->body);
    assert_int_equal(pauser.paused, 1);
    fetch_free(fetch);
    server_stop(server);
}

/* easy_pause from inside the write callback, which takes its data: nothing comes until it is
 * resumed. */
static size_t write_and_pause_by_call(char *bytes, size_t size, size_t count, void *fetch)
{
    struct fetch *self = fetch;

    if (self->writes == 0) {
        assert_int_equal(curl_easy_pause(self->easy, CURLPAUSE_RECV), CURLE_OK);
    }
    return fetch_write(bytes, size, count, fetch);
}

static void pause_called_inside_the_write_callback_holds_what_follows(void **state)
{
    struct server *server = server_start_bytes(3000000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();
    unsigned writes;

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_and_pause_by_call);
    multi_add(multi, fetch);
    drive_until(multi, has_body, fetch);
    writes = fetch->writes;
    assert_int_equal(writes, 1);
    perform_while_ready(multi);
    assert_int_equal(fetch->writes, writes);
    assert_int_equal(curl_easy_pause(fetch->easy, CURLPAUSE_CONT), CURLE_OK);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 3000000);
    assert_body_is_pattern(&fetch->body);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paused_data_comes_again_once),
        cmocka_unit_test(pausing_again_and_again_loses_nothing),
        cmocka_unit_test(small_body_paused_at_its_end_is_delivered_before_done),
        cmocka_unit_test(paused_from_outside_delivers_nothing_until_resumed),
        cmocka_unit_test(unpausing_one_not_paused_is_ok),
        cmocka_unit_test(paused_download_holds_the_server_back),
        cmocka_unit_test(paused_transfer_causes_no_wake_ups),
        cmocka_unit_test(paused_one_does_not_stop_others),
        cmocka_unit_test(paused_transfer_still_times_out),
        cmocka_unit_test(upload_paused_by_its_callback_goes_on_after),
        cmocka_unit_test(failed_write_callback_is_not_called_again),
        cmocka_unit_test(unpaused_from_the_progress_callback),
        cmocka_unit_test(pause_called_inside_the_write_callback_holds_what_follows),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
