/* SPDX-License-Identifier: MIT */
/* Every kind of callback runs on the thread that calls the library, in easy_perform and in the
 * multi loop. */
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum kind {
    KIND_WRITE,
    KIND_HEADER,
    KIND_READ,
    KIND_SEEK,
    KIND_DEBUG,
    KIND_XFERINFO,
    KIND_SOCKOPT,
    KIND_OPENSOCKET,
    KIND_CLOSESOCKET,
    KIND_PREREQ,
    KIND_TRAILER,
    KIND_RESOLVER_START,
    KIND_COUNT,
};

static const char *const kind_names[KIND_COUNT] = {
    "write",   "header",     "read",        "seek",   "debug",   "xferinfo",
    "sockopt", "opensocket", "closesocket", "prereq", "trailer", "resolver_start"};

/* Static: the closing callback may come in the clean-up of the connections. */
static struct {
    pthread_t caller;
    unsigned calls[KIND_COUNT];
    unsigned strays[KIND_COUNT];
    size_t upload_left;
} seen;

static void note(enum kind kind)
{
    seen.calls[kind]++;
    seen.strays[kind] += !pthread_equal(seen.caller, pthread_self());
}

static size_t on_write(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    note(KIND_WRITE);
    return size * count;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    note(KIND_HEADER);
    return size * count;
}

static size_t on_read(char *into, size_t size, size_t count, void *data)
{
    size_t len = size * count < seen.upload_left ? size * count : seen.upload_left;

    (void)data;
    note(KIND_READ);
    memset(into, 'u', len);
    seen.upload_left -= len;
    return len;
}

static int on_seek(void *data, curl_off_t offset, int origin)
{
    (void)data;
    assert_int_equal(origin, SEEK_SET);
    note(KIND_SEEK);
    seen.upload_left = (size_t)(300 - offset);
    return CURL_SEEKFUNC_OK;
}

static int on_debug(CURL *easy, curl_infotype type, char *text, size_t len, void *data)
{
    (void)easy;
    (void)type;
    (void)text;
    (void)len;
    (void)data;
    note(KIND_DEBUG);
    return 0;
}

static int on_xferinfo(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)data;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    note(KIND_XFERINFO);
    return 0;
}

static int on_sockopt(void *data, curl_socket_t fd, curlsocktype purpose)
{
    (void)data;
    (void)fd;
    assert_int_equal(purpose, CURLSOCKTYPE_IPCXN);
    note(KIND_SOCKOPT);
    return CURL_SOCKOPT_OK;
}

static curl_socket_t on_opensocket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)data;
    assert_int_equal(purpose, CURLSOCKTYPE_IPCXN);
    note(KIND_OPENSOCKET);
    return socket(address->family, address->socktype, address->protocol);
}

static int on_closesocket(void *data, curl_socket_t fd)
{
    (void)data;
    note(KIND_CLOSESOCKET);
    return close(fd);
}

static int on_prereq(void *data, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
    (void)data;
    assert_string_equal(primary_ip, "127.0.0.1");
    assert_string_equal(local_ip, "127.0.0.1");
    assert_true(primary_port > 0 && local_port > 0);
    note(KIND_PREREQ);
    return CURL_PREREQFUNC_OK;
}

static int on_trailer(struct curl_slist **list, void *data)
{
    (void)data;
    note(KIND_TRAILER);
    *list = curl_slist_append(*list, "X-Trailer: yes");
    return CURL_TRAILERFUNC_OK;
}

static int on_resolver_start(void *state, void *reserved, void *data)
{
    (void)state;
    (void)reserved;
    (void)data;
    note(KIND_RESOLVER_START);
    return 0;
}

static void set_all_callbacks(CURL *easy)
{
    memset(&seen, 0, sizeof seen);
    seen.caller = pthread_self();
    seen.upload_left = 300;
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_xferinfo);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_opensocket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_closesocket);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_resolver_start);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

static void check_seen(enum kind first_optional)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (seen.strays[i] > 0) {
            fail_msg("%u of %u calls of the %s callback ran on another thread", seen.strays[i],
                     seen.calls[i], kind_names[i]);
        }
        if (i != KIND_SEEK && i != KIND_RESOLVER_START && i != (int)first_optional &&
            seen.calls[i] == 0) {
            fail_msg("the %s callback was never called", kind_names[i]);
        }
    }
}

static const struct step echo[] = {
    AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), AT_LOOP};

/* An upload of unknown size with trailers. */
static struct fetch *fetch_with_all(struct server *server)
{
    static struct curl_slist expect_none = {.data = (char *)(uintptr_t) "Expect:"};
    struct fetch *fetch = fetch_new(server, "/up");

    set_all_callbacks(fetch->easy);
    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, &expect_none);
    curl_easy_setopt(fetch->easy, CURLOPT_TRAILERFUNCTION, on_trailer);
    return fetch;
}

static void all_callbacks_of_easy_perform_run_on_its_thread(void **state)
{
    struct server *server = server_start_script(echo);
    struct fetch *fetch = fetch_with_all(server);

    (void)state;
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    fetch_free(fetch);
    check_seen(KIND_COUNT);
    server_stop(server);
}

static void all_callbacks_of_a_multi_run_on_its_thread(void **state)
{
    struct server *server = server_start_script(echo);
    struct fetch *fetch = fetch_with_all(server);
    CURLM *multi = multi_new();

    (void)state;
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    check_seen(KIND_COUNT);
    server_stop(server);
}

/* A resumed upload seeks first. */
static void seek_callback_runs_on_the_thread(void **state)
{
    struct server *server = server_start_script(echo);
    struct fetch *fetch = fetch_new(server, "/up");
    CURLM *multi = multi_new();

    (void)state;
    set_all_callbacks(fetch->easy);
    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_INFILESIZE, 300L);
    curl_easy_setopt(fetch->easy, CURLOPT_RESUME_FROM, 100L);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    check_seen(KIND_TRAILER);
    assert_int_equal(seen.calls[KIND_SEEK], 1);
    server_stop(server);
}

/* The name has to be looked up for this one to be asked. */
static void resolver_start_callback_runs_on_the_thread(void **state)
{
    struct server *server = server_start_script(echo);
    struct fetch *fetch;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "http://localhost:%u/", server_port(server));
    fetch = fetch_new_url(url);
    set_all_callbacks(fetch->easy);
    curl_easy_setopt(fetch->easy, CURLOPT_PREREQFUNCTION, NULL);
    curl_easy_setopt(fetch->easy, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    fetch_free(fetch);
    assert_int_equal(seen.calls[KIND_RESOLVER_START], 1);
    assert_int_equal(seen.strays[KIND_RESOLVER_START], 0);
    server_stop(server);
}

/* The header callbacks come before the body's. */
static size_t write_after_head(char *bytes, size_t size, size_t count, void *data)
{
    struct fetch *fetch = data;

    assert_true(fetch->head.len > 4);
    assert_memory_equal(fetch->head.bytes + fetch->head.len - 4, "\r\n\r\n", 4);
    return fetch_write(bytes, size, count, data);
}

static void whole_head_is_delivered_before_the_body(void **state)
{
    struct server *server = server_start_bytes(50000);
    struct fetch *fetch = fetch_new(server, "/");
    CURLM *multi = multi_new();

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, write_after_head);
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_fetched(fetch, 200, 50000);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_callbacks_of_easy_perform_run_on_its_thread),
        cmocka_unit_test(all_callbacks_of_a_multi_run_on_its_thread),
        cmocka_unit_test(seek_callback_runs_on_the_thread),
        cmocka_unit_test(resolver_start_callback_runs_on_the_thread),
        cmocka_unit_test(whole_head_is_delivered_before_the_body),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
