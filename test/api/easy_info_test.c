/* SPDX-License-Identifier: MIT */
/* curl_easy_getinfo() and curl_easy_header(): true values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static void sizes_and_strings_are_those_of_the_transfer(void **state)
{
    struct server *server = server_start_bytes(4321);
    struct fetch *fetch = fetch_new(server, "/path?q");
    size_t request_len;

    (void)state;
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 4321);
    server_request(server, 0, &request_len, NULL);
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_DOWNLOAD_T), 4321);
    assert_int_equal(fetch_offset(fetch, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), 4321);
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_UPLOAD_T), 0);
    assert_int_equal(fetch_long(fetch, CURLINFO_HEADER_SIZE), fetch->head.len);
    assert_int_equal(fetch_long(fetch, CURLINFO_REQUEST_SIZE), request_len);
    assert_int_equal(fetch_long(fetch, CURLINFO_HTTP_VERSION), CURL_HTTP_VERSION_1_1);
    assert_int_equal(fetch_long(fetch, CURLINFO_REDIRECT_COUNT), 0);
    assert_int_equal(fetch_long(fetch, CURLINFO_NUM_CONNECTS), 1);
    assert_string_equal(fetch_string(fetch, CURLINFO_EFFECTIVE_URL), server_url(server, "/path?q"));
    assert_string_equal(fetch_string(fetch, CURLINFO_EFFECTIVE_METHOD), "GET");
    assert_string_equal(fetch_string(fetch, CURLINFO_CONTENT_TYPE), "text/plain");
    assert_int_equal(strncasecmp(fetch_string(fetch, CURLINFO_SCHEME), "http", 5), 0);
    assert_ptr_equal(fetch_string(fetch, CURLINFO_PRIVATE), fetch);
    assert_null(fetch_string(fetch, CURLINFO_REDIRECT_URL));
    fetch_free(fetch);
    server_stop(server);
}

static void addresses_are_those_of_the_connection(void **state)
{
    struct server *server = server_start_bytes(5);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 5);
    assert_string_equal(fetch_string(fetch, CURLINFO_PRIMARY_IP), "127.0.0.1");
    assert_string_equal(fetch_string(fetch, CURLINFO_LOCAL_IP), "127.0.0.1");
    assert_int_equal(fetch_long(fetch, CURLINFO_PRIMARY_PORT), server_port(server));
    assert_int_equal(fetch_long(fetch, CURLINFO_LOCAL_PORT),
                     server_connection(server, 0)->client_port);
    fetch_free(fetch);
    server_stop(server);
}

static void times_rise_from_phase_to_phase(void **state)
{
    static const CURLINFO phases[] = {CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T,
                                      CURLINFO_PRETRANSFER_TIME_T, CURLINFO_STARTTRANSFER_TIME_T,
                                      CURLINFO_TOTAL_TIME_T};
    struct server *server = server_start_bytes(1000000);
    struct fetch *fetch = fetch_new(server, "/");
    int64_t start = monotonic_ms(), took;
    curl_off_t before = 0;
    double total = -1;

    (void)state;
    fetch->result = curl_easy_perform(fetch->easy);
    took = monotonic_ms() - start;
    assert_fetched(fetch, 200, 1000000);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        curl_off_t now = fetch_offset(fetch, phases[i]);

        assert_true(now >= before);
        before = now;
    }
    assert_true(fetch_offset(fetch, CURLINFO_CONNECT_TIME_T) > 0);
    assert_true(before <= (took + 2) * 1000);
    assert_int_equal(curl_easy_getinfo(fetch->easy, CURLINFO_TOTAL_TIME, &total), CURLE_OK);
    assert_true(total > (double)before / 1e6 - 0.001 && total < (double)before / 1e6 + 0.001);
    assert_int_equal(fetch_offset(fetch, CURLINFO_APPCONNECT_TIME_T), 0);
    assert_int_equal(fetch_offset(fetch, CURLINFO_REDIRECT_TIME_T), 0);
    assert_true(fetch_offset(fetch, CURLINFO_SPEED_DOWNLOAD_T) > 0);
    fetch_free(fetch);
    server_stop(server);
}

static void infos_before_any_transfer_are_empty(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1/");
    curl_socket_t fd = 5;

    (void)state;
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), 0);
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_DOWNLOAD_T), 0);
    assert_int_equal(fetch_offset(fetch, CURLINFO_TOTAL_TIME_T), 0);
    assert_null(fetch_string(fetch, CURLINFO_CONTENT_TYPE));
    assert_int_equal(curl_easy_getinfo(fetch->easy, CURLINFO_ACTIVESOCKET, &fd), CURLE_OK);
    assert_int_equal(fd, CURL_SOCKET_BAD);
    fetch_free(fetch);
}

static void infos_of_the_next_transfer_replace_the_last(void **state)
{
    static const struct step twice[] = {
        AT_REQUEST,
        AT_SEND("HTTP/1.1 404 No\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nfirst"),
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), AT_END};
    struct server *server = server_start_script(twice);
    struct fetch *fetch = fetch_new(server, "/");

    (void)state;
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 404, 5);
    assert_string_equal(fetch_string(fetch, CURLINFO_CONTENT_TYPE), "a/b");
    fetch_clear(fetch);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_null(fetch_string(fetch, CURLINFO_CONTENT_TYPE));
    assert_int_equal(fetch_long(fetch, CURLINFO_NUM_CONNECTS), 0);
    fetch_free(fetch);
    server_stop(server);
}

static void unknown_info_is_told(void **state)
{
    struct fetch *fetch = fetch_new_url("http://127.0.0.1/");
    long value;

    (void)state;
    assert_int_equal(curl_easy_getinfo(fetch->easy, (CURLINFO)(CURLINFO_LONG + 9999), &value),
                     CURLE_UNKNOWN_OPTION);
    assert_int_equal(curl_easy_getinfo(NULL, CURLINFO_RESPONSE_CODE, &value),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    fetch_free(fetch);
}

static void header_api_finds_what_came(void **state)
{
    static const struct step steps[] = {AT_REQUEST,
                                        AT_SEND("HTTP/1.1 103 Early\r\nX-Early: yes\r\n\r\n"
                                                "HTTP/1.1 200 OK: all is well\r\nX-Two: "
                                                "a\r\nContent-Length: 2\r\nx-two:  b  \r\n\r\nok"),
                                        AT_LOOP};
    struct server *server = server_start_script(steps);
    struct fetch *fetch = fetch_new(server, "/");
    struct curl_header *header = NULL;
    unsigned count = 0;

    (void)state;
    assert_int_equal(curl_easy_header(fetch->easy, "X-Two", 0, CURLH_HEADER, -1, &header),
                     CURLHE_NOHEADERS);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_int_equal(curl_easy_header(fetch->easy, "x-TWO", 1, CURLH_HEADER, -1, &header),
                     CURLHE_OK);
    assert_string_equal(header->name, "x-two");
    assert_string_equal(header->value, "b");
    assert_int_equal(header->amount, 2);
    assert_int_equal(header->index, 1);
    assert_true(header->origin & CURLH_HEADER); /* among bits of no meaning */
    assert_int_equal(curl_easy_header(fetch->easy, "X-Two", 2, CURLH_HEADER, -1, &header),
                     CURLHE_BADINDEX);
    assert_int_equal(curl_easy_header(fetch->easy, "X-None", 0, CURLH_HEADER, -1, &header),
                     CURLHE_MISSING);
    assert_int_equal(curl_easy_header(fetch->easy, "X-Early", 0, CURLH_1XX, -1, &header),
                     CURLHE_OK);
    assert_int_equal(curl_easy_header(fetch->easy, "X-Early", 0, CURLH_HEADER, -1, &header),
                     CURLHE_MISSING);
    assert_int_equal(curl_easy_header(fetch->easy, ":status", 0, CURLH_PSEUDO, -1, &header),
                     CURLHE_MISSING); /* of HTTP/2 */
    assert_int_equal(curl_easy_header(fetch->easy, "X-Two", 0, CURLH_HEADER, 5, &header),
                     CURLHE_NOREQUEST);
    assert_int_equal(curl_easy_header(fetch->easy, NULL, 0, CURLH_HEADER, -1, &header),
                     CURLHE_BAD_ARGUMENT);
    for (header = NULL;
         (header = curl_easy_nextheader(fetch->easy, CURLH_HEADER, -1, header)) != NULL;) {
        count++;
    }
    assert_int_equal(count, 3);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_strings_are_those_of_the_transfer),
        cmocka_unit_test(addresses_are_those_of_the_connection),
        cmocka_unit_test(times_rise_from_phase_to_phase),
        cmocka_unit_test(infos_before_any_transfer_are_empty),
        cmocka_unit_test(infos_of_the_next_transfer_replace_the_last),
        cmocka_unit_test(unknown_info_is_told),
        cmocka_unit_test(header_api_finds_what_came),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
