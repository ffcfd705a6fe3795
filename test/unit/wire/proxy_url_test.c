/* SPDX-License-Identifier: MIT */
#include "wire/proxy_url.h"

#include "wire_test.h"

#include <curl/curl.h>

/* "type host port [unix path] [user:password]" */
static void reads(const char *text, long type, long port, const char *expected)
{
    scoped(proxy_url) p = {0};
    scoped(buf) got = {0};

    assert_int_equal(proxy_url_parse(text, type, port, &p), PROXY_URL_OK);
    buf_printf(&got, "%ld %s %d", p.type, buf_text(&p.host), p.port);
    if (p.unix_path.len)
        buf_printf(&got, " %s", p.unix_path.bytes);
    if (p.has_user)
        buf_printf(&got, " %s:%s", buf_text(&p.user), buf_text(&p.password));
    assert_string_equal(buf_text(&got), expected);
}

static void refuses(const char *text, enum proxy_url_outcome why)
{
    scoped(proxy_url) p = {0};

    assert_int_equal(proxy_url_parse(text, CURLPROXY_HTTP, 0, &p), why);
}

static void a_host_alone_is_of_the_given_type(void **state)
{
    (void)state;
    reads("host", CURLPROXY_HTTP, 0, "0 host 1080");
    reads("host:3128", CURLPROXY_HTTP_1_0, 0, "1 host 3128");
    reads("ftp.host", CURLPROXY_SOCKS5, 0, "5 ftp.host 1080");
    reads("[::1]:99", CURLPROXY_SOCKS4A, 0, "6 ::1 99");
    reads("host", CURLPROXY_HTTPS, 0, "2 host 443");
}

static void the_scheme_goes_before_the_type(void **state)
{
    (void)state;
    reads("http://host", CURLPROXY_SOCKS5, 0, "0 host 1080");
    reads("HTTPS://host", CURLPROXY_HTTP, 0, "2 host 443");
    reads("socks://host", CURLPROXY_HTTP, 0, "4 host 1080");
    reads("socks4://host", CURLPROXY_HTTP, 0, "4 host 1080");
    reads("socks4a://host", CURLPROXY_HTTP, 0, "6 host 1080");
    reads("socks5://host", CURLPROXY_HTTP, 0, "5 host 1080");
    reads("socks5h://host", CURLPROXY_HTTP, 0, "7 host 1080");
    reads("http://host", CURLPROXY_HTTP_1_0, 0, "1 host 1080");
    reads("https://host", CURLPROXY_HTTPS2, 0, "3 host 443");
}

static void the_port_option_is_for_texts_without_one(void **state)
{
    (void)state;
    reads("host", CURLPROXY_HTTP, 8080, "0 host 8080");
    reads("host:80", CURLPROXY_HTTP, 8080, "0 host 80");
    reads("https://host", CURLPROXY_HTTP, 8080, "2 host 8080");
}

static void credentials_are_decoded(void **state)
{
    (void)state;
    reads("http://u%40x:p%3Ay@host:1/", CURLPROXY_HTTP, 0, "0 host 1 u@x:p:y");
    reads("user@host", CURLPROXY_HTTP, 0, "0 host 1080 user:");
    reads("http://:pw@host", CURLPROXY_HTTP, 0, "0 host 1080 :pw");
    refuses("http://a%00b@host", PROXY_URL_SYNTAX);
    refuses("http://a:b%00@host", PROXY_URL_SYNTAX);
}

static void a_path_behind_localhost_is_a_unix_socket_of_socks(void **state)
{
    (void)state;
    reads("socks5h://localhost/run/a%20b", CURLPROXY_HTTP, 0, "7 localhost 1080 /run/a b");
    reads("localhost/run/x", CURLPROXY_SOCKS4, 0, "4 localhost 1080 /run/x");
    reads("socks5h://localhost/", CURLPROXY_HTTP, 0, "7 localhost 1080");
    reads("socks5h://other/run/x", CURLPROXY_HTTP, 0, "7 other 1080");
    reads("http://localhost/run/x", CURLPROXY_HTTP, 0, "0 localhost 1080");
}

static void what_is_no_proxy_is_refused(void **state)
{
    (void)state;
    refuses("ftp://host", PROXY_URL_SCHEME);
    refuses("socks6://host", PROXY_URL_SCHEME);
    refuses("http://ho st", PROXY_URL_SYNTAX);
    refuses("http://host:99999", PROXY_URL_SYNTAX);
    refuses("http://", PROXY_URL_SYNTAX);
    refuses("://host", PROXY_URL_SYNTAX);
    refuses("", PROXY_URL_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_alone_is_of_the_given_type),
        cmocka_unit_test(the_scheme_goes_before_the_type),
        cmocka_unit_test(the_port_option_is_for_texts_without_one),
        cmocka_unit_test(credentials_are_decoded),
        cmocka_unit_test(a_path_behind_localhost_is_a_unix_socket_of_socks),
        cmocka_unit_test(what_is_no_proxy_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
