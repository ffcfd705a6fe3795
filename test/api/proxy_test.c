/* SPDX-License-Identifier: MIT */
/* Proxies as programs see them: infos, headers, connections that are handed over, cancelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static const struct step tunnel[] = {
    AT_HEAD,    AT_SEND("HTTP/1.1 200 Yes\r\nX-Proxy: one\r\nX-Both: proxy\r\n\r\n"),
    AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nX-Both: server\r\nContent-Length: 2\r\n\r\nok"),
    AT_END,
};

static struct fetch *fetch_by_proxy(struct server *server, const char *scheme)
{
    struct fetch *fetch = fetch_new(server, "/");
    char proxy[64];

    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%d", scheme, server_port(server));
    curl_easy_setopt(fetch->easy, CURLOPT_URL, "http://host.test/");
    curl_easy_setopt(fetch->easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(fetch->easy, CURLOPT_PROXY, proxy);
    return fetch;
}

static const char *header(struct fetch *fetch, const char *name, unsigned origin)
{
    struct curl_header *found;

    return curl_easy_header(fetch->easy, name, 0, origin, -1, &found) == CURLHE_OK ? found->value
                                                                                   : NULL;
}

static void heads_of_the_tunnel_have_an_origin_of_their_own(void **state)
{
    struct server *server = server_start_script(tunnel);
    struct fetch *fetch = fetch_by_proxy(server, "http");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_string_equal(header(fetch, "X-Proxy", CURLH_CONNECT), "one");
    assert_string_equal(header(fetch, "X-Both", CURLH_CONNECT), "proxy");
    assert_string_equal(header(fetch, "X-Both", CURLH_HEADER), "server");
    assert_null(header(fetch, "X-Proxy", CURLH_HEADER));
    assert_int_equal(fetch_long(fetch, CURLINFO_HTTP_CONNECTCODE), 200);
    assert_string_equal(fetch_string(fetch, CURLINFO_PRIMARY_IP), "127.0.0.1");
    assert_int_equal(fetch_long(fetch, CURLINFO_PRIMARY_PORT), server_port(server));
    fetch_free(fetch);
    server_stop(server);
}

static void suppressed_heads_of_the_tunnel_are_for_no_callback(void **state)
{
    struct server *server = server_start_script(tunnel);
    struct fetch *fetch = fetch_by_proxy(server, "http");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_HEADER, 1L);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_null(strstr(fetch->body.bytes, "X-Proxy"));
    assert_null(strstr(fetch->head.bytes, "X-Proxy"));
    if (curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000)
        assert_non_null(header(fetch, "X-Proxy", CURLH_CONNECT));
    assert_true(fetch_long(fetch, CURLINFO_HEADER_SIZE) > (long)fetch->head.len);
    fetch_free(fetch);
    server_stop(server);
}

static void the_use_of_a_proxy_is_told(void **state)
{
    static const struct step plain[] = {
        AT_REQUEST,
        AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        AT_LOOP,
    };
    struct server *server = server_start_script(plain);
    struct fetch *fetch = fetch_by_proxy(server, "http");

    (void)state;
    only_curlpool_promises_this(); /* the info is of 8.7 */
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_int_equal(fetch_long(fetch, CURLINFO_USED_PROXY), 1);
    fetch_clear(fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, server_url(server, "/"));
    curl_easy_setopt(fetch->easy, CURLOPT_NOPROXY, "127.0.0.1");
    fetch->result = curl_easy_perform(fetch->easy);
    assert_fetched(fetch, 200, 2);
    assert_int_equal(fetch_long(fetch, CURLINFO_USED_PROXY), 0);
    fetch_free(fetch);
    server_stop(server);
}

/* CURLOPT_CONNECT_ONLY: the program speaks through the tunnel, and finds what came with the proxy's
 * answer. */
static void a_tunnel_is_handed_over(void **state)
{
    static const struct step script[] = {
        AT_HEAD, AT_SEND("HTTP/1.1 200 Yes\r\n\r\nhello"), AT_READ(4), AT_SEND("pong"), AT_END,
    };
    struct server *server = server_start_script(script);
    struct fetch *fetch = fetch_by_proxy(server, "http");
    char got[16] = "";
    size_t total = 0, len;

    (void)state;
    only_curlpool_promises_this(); /* that the first bytes are found without asking the socket */
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 1L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(curl_easy_send(fetch->easy, "ping", 4, &len), CURLE_OK);
    while (total < 9) {
        CURLcode code = curl_easy_recv(fetch->easy, got + total, sizeof got - 1 - total, &len);

        assert_true(code == CURLE_OK || code == CURLE_AGAIN);
        total += code == CURLE_OK ? len : 0;
    }
    assert_string_equal(got, "hellopong");
    fetch_free(fetch);
    server_stop(server);
}

static void a_transfer_stuck_in_a_proxy_is_removed_at_once(void **state)
{
    static const struct step script[] = {AT_HOLD};
    static const char *const schemes[] = {"http", "https", "socks4a", "socks5h"};
    struct server *server = server_start_script(script);

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct fetch *fetch = fetch_by_proxy(server, schemes[i]);
        CURLM *multi = multi_new();
        int64_t began;

        curl_easy_setopt(fetch->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
        multi_add(multi, fetch);
        drive_until_server(multi, server, server_has_accepted, i + 1);
        began = monotonic_ms();
        multi_remove(multi, fetch);
        assert_true(monotonic_ms() - began < 1000);
        fetch_free(fetch);
        curl_multi_cleanup(multi);
    }
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_the_tunnel_have_an_origin_of_their_own),
        cmocka_unit_test(suppressed_heads_of_the_tunnel_are_for_no_callback),
        cmocka_unit_test(the_use_of_a_proxy_is_told),
        cmocka_unit_test(a_tunnel_is_handed_over),
        cmocka_unit_test(a_transfer_stuck_in_a_proxy_is_removed_at_once),
    };

    int failed;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup(); /* the workers' own memory of TLS */
    return failed;
}
