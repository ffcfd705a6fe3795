/* SPDX-License-Identifier: MIT */
/* A multi handle says what it is doing: CURLMINFO_X_*, CURLMOPT_X_DUMP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <curl/curlpool.h>

#include "support/fetch.h"
#include "support/library.h"

static curl_off_t info(CURLM *multi, CURLMinfo_offt what)
{
    curl_off_t value = -2;

    assert_int_equal(library()->multi_get_offt(multi, what, &value), CURLM_OK);
    return value;
}

static char *dump(CURLM *multi)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_X_DUMP, out), CURLM_OK);
    fclose(out);
    return text;
}

static void assert_dump_has(CURLM *multi, const char *part)
{
    char *text = dump(multi);

    assert_non_null(strstr(text, part));
    free(text);
}

static void transfers_and_connections_are_told(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    char *text;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_silent();
    fetch = fetch_new(server, "/wonder");
    multi = multi_new();
    assert_int_equal(info(multi, CURLMINFO_X_CONNECTIONS), 0);
    multi_add(multi, fetch);
    assert_dump_has(multi, "added");
    perform(multi);
    server_wait(server, server_has_requests, 1);
    assert_dump_has(multi, "transferring");
    assert_dump_has(multi, "/wonder");
    assert_int_equal(info(multi, CURLMINFO_X_CONNECTIONS), 1);
    assert_int_equal(info(multi, CURLMINFO_X_CONNECTIONS_IDLE), 0);
    assert_true(info(multi, CURLMINFO_X_WORKERS) >= 1);
    multi_remove(multi, fetch);
    text = dump(multi);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_X_DUMP, NULL), CURLM_BAD_FUNCTION_ARGUMENT);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

static void idle_connection_is_counted(void **state)
{
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_bytes(10);
    fetch = fetch_new(server, "/");
    multi = multi_new();
    multi_add(multi, fetch);
    drive_to_end(multi);
    assert_dump_has(multi, "ended");
    assert_int_equal(info(multi, CURLMINFO_X_CONNECTIONS_IDLE), 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfers_and_connections_are_told),
        cmocka_unit_test(idle_connection_is_counted),
    };

    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
