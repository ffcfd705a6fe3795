/* SPDX-License-Identifier: MIT */
/* curl_easy_perform(): methods, the callbacks' answers, and the errors that they make. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static const struct step ok[] = {
    AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), AT_LOOP};

static void get_fetches_the_body(void **state)
{
    struct server *server = server_start_bytes(123456);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 123456);
    assert_body_is_pattern(&fetch->body);
    assert_string_equal(fetch->error, "");
    fetch_free(fetch);
    server_stop(server);
}

static void get_over_ipv6_works(void **state)
{
    const struct step *scripts[] = {ok, NULL};
    struct server *server = server_start(&(struct server_plan){.scripts = scripts, .ipv6 = true});
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_string_equal(fetch_string(fetch, CURLINFO_PRIMARY_IP), "::1");
    fetch_free(fetch);
    server_stop(server);
}

static void post_sends_its_body(void **state)
{
    struct server *server = server_start_script(ok);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, "a=b");
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_non_null(strstr(server_request(server, 0, NULL, NULL), "\r\n\r\na=b"));
    fetch_free(fetch);
    server_stop(server);
}

struct upload {
    size_t left;
    size_t seen;
    size_t give; /* what a call returns at most; 0: fail by the next line */
    size_t answer;
};

static size_t read_upload(char *into, size_t size, size_t count, void *data)
{
    struct upload *upload = data;
    size_t len = size * count;

    if (upload->answer) {
        return upload->answer;
    }
    len = len < upload->left ? len : upload->left;
    len = len < upload->give ? len : upload->give;
    for (size_t i = 0; i < len; i++) {
        into[i] = (char)server_pattern(upload->seen + i);
    }
    upload->left -= len;
    upload->seen += len;
    return len;
}

static void set_upload(struct fetch *fetch, struct upload *upload, curl_off_t size)
{
    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_READFUNCTION, read_upload);
    curl_easy_setopt(fetch->easy, CURLOPT_READDATA, upload);
    curl_easy_setopt(fetch->easy, CURLOPT_INFILESIZE_LARGE, size);
    curl_easy_setopt(fetch->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
}

static void put_takes_its_bytes_from_the_read_callback(void **state)
{
    struct server *server = server_start_script(ok);
    struct fetch *fetch = fetch_new(server, "/");
    struct upload upload = {.left = 50000, .give = 777};
    const char *body;

    (void)state;
    set_upload(fetch, &upload, 50000);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_UPLOAD_T), 50000);
    body = strstr(server_request(server, 0, NULL, NULL), "\r\n\r\n") + 4;
    for (size_t i = 0; i < 50000; i++) {
        assert_int_equal((unsigned char)body[i], server_pattern(i));
    }
    fetch_free(fetch);
    server_stop(server);
}

static void big_upload_arrives_whole(void **state)
{
    struct server *server = server_start_script(ok);
    struct fetch *fetch = fetch_new(server, "/");
    struct upload upload = {.left = 20000000, .give = 1000000};

    (void)state;
    set_upload(fetch, &upload, 20000000);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_true(server_connection(server, 0)->received > 20000000);
    assert_int_equal(server_requests(server), 1);
    fetch_free(fetch);
    server_stop(server);
}

static void read_callback_can_abort(void **state)
{
    struct server *server = server_start_script(ok);
    struct fetch *fetch = fetch_new(server, "/");
    struct upload upload = {.answer = CURL_READFUNC_ABORT};

    (void)state;
    set_upload(fetch, &upload, 100);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_ABORTED_BY_CALLBACK);
    fetch_free(fetch);
    server_stop(server);
}

static void read_callback_that_claims_too_much_fails(void **state)
{
    struct server *server = server_start_script(ok);
    struct fetch *fetch = fetch_new(server, "/");
    struct upload upload = {.answer = 50000000};

    (void)state;
    set_upload(fetch, &upload, 100);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_READ_ERROR);
    fetch_free(fetch);
    server_stop(server);
}

static size_t write_one_short(char *bytes, size_t size, size_t count, void *fetch)
{
    (void)bytes;
    ((struct fetch *)fetch)->writes++;
    return size * count - 1;
}

static void write_callback_that_takes_less_is_a_write_error(void **state)
{
    struct server *server = server_start_bytes(100000);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_one_short);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_WRITE_ERROR);
    assert_int_equal(fetch->writes, 1);
    assert_true(strlen(fetch->error) > 0);
    fetch_free(fetch);
    server_stop(server);
}

static size_t write_error(char *bytes, size_t size, size_t count, void *fetch)
{
    (void)bytes;
    (void)size;
    (void)count;
    (void)fetch;
    return CURL_WRITEFUNC_ERROR;
}

static void write_callback_that_says_error_is_a_write_error(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_error);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_WRITE_ERROR);
    fetch_free(fetch);
    server_stop(server);
}

static void header_callback_that_fails_is_a_write_error(void **state)
{
    struct server *server = server_start_bytes(10);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_HEADERFUNCTION, write_error);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_WRITE_ERROR);
    assert_int_equal(fetch->body.len, 0);
    fetch_free(fetch);
    server_stop(server);
}

/* At most 16 KiB a call by default, and size is 1. */
static size_t write_checks_size(char *bytes, size_t size, size_t count, void *fetch)
{
    assert_int_equal(size, 1);
    assert_true(count <= CURL_MAX_WRITE_SIZE);
    return fetch_write(bytes, size, count, fetch);
}

static void write_callback_gets_at_most_16_kilobytes(void **state)
{
    struct server *server = server_start_bytes(3000000);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_checks_size);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 3000000);
    fetch_free(fetch);
    server_stop(server);
}

static void body_goes_to_a_file_by_default(void **state)
{
    struct server *server = server_start_bytes(5000);
    struct fetch *fetch = fetch_new(server, "/");
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, NULL);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, file);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(ftell(file), 5000);
    fclose(file);
    fetch_free(fetch);
    server_stop(server);
}

struct progress {
    unsigned calls;
    curl_off_t last_total, last_now;
    curl_off_t abort_from; /* when so much has come; -1: never */
    bool fell;             /* the count went back */
};

static int on_progress(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    struct progress *progress = data;

    (void)up_total;
    (void)up_now;
    progress->calls++;
    progress->fell |= now < progress->last_now;
    progress->last_total = total;
    progress->last_now = now;
    return progress->abort_from >= 0 && now >= progress->abort_from;
}

static void set_progress(struct fetch *fetch, struct progress *progress)
{
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFODATA, progress);
    curl_easy_setopt(fetch->easy, CURLOPT_NOPROGRESS, 0L);
}

static void progress_rises_to_the_whole(void **state)
{
    struct server *server = server_start_bytes(3000000);
    struct fetch *fetch = fetch_new(server, "/");
    struct progress progress = {.abort_from = -1};

    (void)state;
    set_progress(fetch, &progress);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 3000000);
    assert_true(progress.calls > 1);
    assert_false(progress.fell);
    assert_int_equal(progress.last_total, 3000000);
    assert_int_equal(progress.last_now, 3000000);
    fetch_free(fetch);
    server_stop(server);
}

static void progress_callback_can_abort(void **state)
{
    struct server *server = server_start_bytes(30000000);
    struct fetch *fetch = fetch_new(server, "/");
    struct progress progress = {.abort_from = 1};

    (void)state;
    set_progress(fetch, &progress);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_ABORTED_BY_CALLBACK);
    assert_true(strlen(fetch->error) > 0);
    fetch_free(fetch);
    server_stop(server);
}

/* The callback is asked about once a second also while nothing moves, so a stuck transfer can be
 * aborted. */
static void progress_callback_can_abort_a_stuck_transfer(void **state)
{
    struct server *server = server_start_silent();
    struct fetch *fetch = fetch_new(server, "/");
    struct progress progress = {.abort_from = 0};
    int64_t start = monotonic_ms();

    (void)state;
    set_progress(fetch, &progress);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_ABORTED_BY_CALLBACK);
    assert_true(monotonic_ms() - start < 5000);
    fetch_free(fetch);
    server_stop(server);
}

static void error_buffer_tells_what_went_wrong(void **state)
{
    uint16_t port;
    int fd = refused_port_open(&port);
    char url[64];
    struct fetch *fetch;

    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    fetch = fetch_new_url(url);
    snprintf(fetch->error, sizeof fetch->error, "left over");
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_COULDNT_CONNECT);
    assert_string_not_equal(fetch->error, "left over");
    assert_true(strlen(fetch->error) > 5);
    assert_int_equal(fetch_long(fetch, CURLINFO_OS_ERRNO), ECONNREFUSED);
    fetch_free(fetch);
    close(fd);
}

static void error_buffer_is_empty_after_success(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    snprintf(fetch->error, sizeof fetch->error, "left over");
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 5);
    assert_string_equal(fetch->error, "");
    fetch_free(fetch);
    server_stop(server);
}

static int refuse_prereq(void *data, char *primary, char *local, int primary_port, int local_port)
{
    (void)data;
    (void)primary;
    (void)local;
    (void)primary_port;
    (void)local_port;
    return CURL_PREREQFUNC_ABORT;
}

static void prereq_callback_can_refuse(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_PREREQFUNCTION, refuse_prereq);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_ABORTED_BY_CALLBACK);
    assert_int_equal(server_requests(server), 0);
    fetch_free(fetch);
    server_stop(server);
}

static curl_socket_t refuse_opensocket(void *data, curlsocktype purpose,
                                       struct curl_sockaddr *address)
{
    (void)data;
    (void)purpose;
    (void)address;
    return CURL_SOCKET_BAD;
}

static void opensocket_callback_can_refuse(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_OPENSOCKETFUNCTION, refuse_opensocket);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_COULDNT_CONNECT);
    assert_int_equal(server_accepted(server), 0);
    fetch_free(fetch);
    server_stop(server);
}

static int refuse_sockopt(void *data, curl_socket_t fd, curlsocktype purpose)
{
    (void)data;
    (void)fd;
    (void)purpose;
    return CURL_SOCKOPT_ERROR;
}

static void sockopt_callback_can_refuse(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");
    CURLcode code;

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_SOCKOPTFUNCTION, refuse_sockopt);
    code = curl_easy_perform(fetch->easy);
    assert_true(code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_COULDNT_CONNECT);
    fetch_free(fetch);
    server_stop(server);
}

/* The debug callback sees what went over the wire. */
struct wire {
    struct text out_head, in_head, in_data;
    unsigned texts;
};

static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *data)
{
    struct wire *wire = data;

    (void)easy;
    if (type == CURLINFO_HEADER_OUT) {
        text_add(&wire->out_head, bytes, len);
    } else if (type == CURLINFO_HEADER_IN) {
        text_add(&wire->in_head, bytes, len);
    } else if (type == CURLINFO_DATA_IN) {
        text_add(&wire->in_data, bytes, len);
    } else if (type == CURLINFO_TEXT) {
        wire->texts++;
    }
    return 0;
}

static void debug_callback_sees_request_head_and_body(void **state)
{
    struct server *server = server_start_bytes(5000);
    struct fetch *fetch = fetch_new(server, "/");
    struct wire wire = {0};

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(fetch->easy, CURLOPT_DEBUGDATA, &wire);
    curl_easy_setopt(fetch->easy, CURLOPT_VERBOSE, 1L);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 5000);
    assert_string_equal(wire.out_head.bytes, server_request(server, 0, NULL, NULL));
    assert_string_equal(wire.in_head.bytes, fetch->head.bytes);
    assert_int_equal(wire.in_data.len, 5000);
    assert_true(wire.texts > 0);
    text_release(&wire.out_head);
    text_release(&wire.in_head);
    text_release(&wire.in_data);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_fetches_the_body),
        cmocka_unit_test(get_over_ipv6_works),
        cmocka_unit_test(post_sends_its_body),
        cmocka_unit_test(put_takes_its_bytes_from_the_read_callback),
        cmocka_unit_test(big_upload_arrives_whole),
        cmocka_unit_test(read_callback_can_abort),
        cmocka_unit_test(read_callback_that_claims_too_much_fails),
        cmocka_unit_test(write_callback_that_takes_less_is_a_write_error),
        cmocka_unit_test(write_callback_that_says_error_is_a_write_error),
        cmocka_unit_test(header_callback_that_fails_is_a_write_error),
        cmocka_unit_test(write_callback_gets_at_most_16_kilobytes),
        cmocka_unit_test(body_goes_to_a_file_by_default),
        cmocka_unit_test(progress_rises_to_the_whole),
        cmocka_unit_test(progress_callback_can_abort),
        cmocka_unit_test(progress_callback_can_abort_a_stuck_transfer),
        cmocka_unit_test(error_buffer_tells_what_went_wrong),
        cmocka_unit_test(error_buffer_is_empty_after_success),
        cmocka_unit_test(prereq_callback_can_refuse),
        cmocka_unit_test(opensocket_callback_can_refuse),
        cmocka_unit_test(sockopt_callback_can_refuse),
        cmocka_unit_test(debug_callback_sees_request_head_and_body),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
