/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boundary/cookies.h"

static struct cookie_origin at(const char *host, const char *path, bool secure)
{
    return (struct cookie_origin){.host = str_of(host), .path = str_of(path), .secure = secure};
}

/* What the log says; the cookie is set by https://host/. */
static void set(struct cookies *all, const char *host, bool secure, const char *value,
                const char *expected_log)
{
    struct cookie_origin from = at(host, "/", secure);
    scoped(buf) log = {0};

    assert_int_equal(cookies_set(all, str_of(value), &from, &log), CURLE_OK);
    if (expected_log)
        assert_string_equal(buf_text(&log), expected_log);
}

static void add(struct cookies *all, const char *text)
{
    assert_int_equal(cookies_add(all, str_of(text), NULL), CURLE_OK);
}

static void sends(struct cookies *all, const char *host, const char *path, bool secure,
                  const char *expected)
{
    struct cookie_origin to = at(host, path, secure);
    scoped(buf) line = {0};

    assert_int_equal(cookies_append_matching(all, &to, &line, NULL), CURLE_OK);
    assert_string_equal(buf_text(&line), expected);
}

static void has(struct cookies *all, bool latest_first, const char *expected)
{
    scoped(buf) lines = {0};

    assert_int_equal(cookies_append_lines(all, latest_first, &lines), CURLE_OK);
    assert_string_equal(buf_text(&lines), expected);
}

static void one_replaces_another_of_the_same_name_domain_and_path(void **state)
{
    struct cookies *all = cookies_new();

    (void)state;
    set(all, "h.example", true, "n=1",
        "Added cookie n=\"1\" for domain h.example, path /, expire 0");
    set(all, "h.example", true, "m=1", NULL);
    set(all, "H.example", true, "n=2",
        "Replaced cookie n=\"2\" for domain H.example, path /, expire 0");
    set(all, "h.example", true, "N=3", NULL);
    set(all, "h.example", true, "n=4; path=/p", NULL);
    set(all, "h.example", true, "n=5; domain=h.example", NULL);
    sends(all, "h.example", "/p", true, "n=4; n=5; N=3; m=1; n=2");
    has(all, false,
        "H.example\tFALSE\t/\tFALSE\t0\tn\t2\nh.example\tFALSE\t/\tFALSE\t0\tm\t1\n"
        "h.example\tFALSE\t/\tFALSE\t0\tN\t3\nh.example\tFALSE\t/p\tFALSE\t0\tn\t4\n"
        ".h.example\tTRUE\t/\tFALSE\t0\tn\t5\n");
    cookies_unref(all);
}

static void order_is_path_domain_name_and_then_the_latest(void **state)
{
    struct cookies *all = cookies_new();

    (void)state;
    add(all, "Set-Cookie: any=1; path=/");
    add(all, ".b.example\tTRUE\t/\tFALSE\t0\tlonger\t1");
    add(all, "a.b.example\tFALSE\t/\tFALSE\t0\tx\t1");
    add(all, "a.b.example\tFALSE\t/\tFALSE\t0\ty\t1");
    add(all, ".b.example\tTRUE\t/deep\tFALSE\t0\tz\t1");
    sends(all, "a.b.example", "/deep/down", false, "z=1; y=1; x=1; longer=1; any=1");
    sends(all, "c.b.example", "/", false, "longer=1; any=1");
    sends(all, "else.example", "/", false, "any=1");
    has(all, true,
        ".b.example\tTRUE\t/deep\tFALSE\t0\tz\t1\na.b.example\tFALSE\t/\tFALSE\t0\ty\t1\n"
        "a.b.example\tFALSE\t/\tFALSE\t0\tx\t1\n.b.example\tTRUE\t/\tFALSE\t0\tlonger\t1\n");
    cookies_unref(all);
}

static void expired_cookie_takes_its_forerunner_away(void **state)
{
    struct cookies *all = cookies_new();

    (void)state;
    set(all, "h.example", true, "n=1", NULL);
    set(all, "h.example", true, "n=; max-age=0", NULL);
    sends(all, "h.example", "/", true, "");
    has(all, true, "");
    cookies_unref(all);
}

static void insecure_origin_does_not_touch_secure_cookies(void **state)
{
    struct cookies *all = cookies_new();

    (void)state;
    set(all, "h.example", true, "n=1; secure", NULL);
    set(all, "h.example", false, "n=2",
        "cookie 'n' for domain 'h.example' dropped, would overlay an existing cookie");
    set(all, "h.example", false, "n=3; max-age=0", NULL);
    set(all, "h.example", false, "m=1; secure", "skipped cookie because not 'secure'");
    sends(all, "h.example", "/", true, "n=1");
    sends(all, "h.example", "/", false, "");
    set(all, "h.example", true, "n=4", NULL);
    sends(all, "h.example", "/", false, "n=4");
    cookies_unref(all);
}

static void suffix_is_no_domain_for_a_cookie(void **state)
{
    struct cookies *all = cookies_new();

    (void)state;
    set(all, "www.example.com", true, "n=1; domain=com",
        "cookie 'n' dropped, domain 'www.example.com' must not set cookies for 'com'");
    set(all, "host.me.", true, "n=1; domain=.me.", NULL);
    set(all, "localhost", true, "n=1; domain=localhost", NULL);
#ifdef HAVE_PSL
    set(all, "www.foo.co.uk", true, "n=1; domain=.co.uk", NULL);
    set(all, "WWW.foo.GitHub.io", true, "n=1; domain=GitHub.io", NULL);
    assert_int_equal(cookies_add_from_file(all, STR(".co.uk\tTRUE\t/\tFALSE\t0\tbad\t1"), false),
                     CURLE_OK);
#endif
    set(all, "www.foo.co.uk", true, "n=1; domain=foo.co.uk", NULL);
    has(all, false, ".localhost\tTRUE\t/\tFALSE\t0\tn\t1\n.foo.co.uk\tTRUE\t/\tFALSE\t0\tn\t1\n");
    cookies_unref(all);
}

static void file_gives_way_to_what_a_server_set(void **state)
{
    const char *line = "h.example\tFALSE\t/\tFALSE\t0\tn\tfile";
    struct cookies *all = cookies_new();

    (void)state;
    assert_int_equal(cookies_add_from_file(all, str_of(line), true), CURLE_OK);
    sends(all, "h.example", "/", true, "");
    assert_int_equal(cookies_add_from_file(all, str_of(line), false), CURLE_OK);
    sends(all, "h.example", "/", true, "n=file");
    set(all, "h.example", true, "n=live", NULL);
    assert_int_equal(cookies_add_from_file(all, str_of(line), false), CURLE_OK);
    sends(all, "h.example", "/", true, "n=live");
    set(all, "h.example", true, "n=; max-age=0", NULL);
    assert_int_equal(cookies_add_from_file(all, str_of(line), false), CURLE_OK);
    cookies_end_file(all);
    sends(all, "h.example", "/", true, "");
    cookies_unref(all);
}

static void session_ends_and_all_are_dropped(void **state)
{
    struct cookies *all = cookies_new();

    (void)state;
    add(all, "h.example\tFALSE\t/\tFALSE\t0\tn\t1");
    add(all, "h.example\tFALSE\t/\tFALSE\t99999999999\tm\t1");
    cookies_clear_session(all);
    sends(all, "h.example", "/", true, "m=1");
    cookies_clear(all);
    sends(all, "h.example", "/", true, "");
    cookies_unref(all);
}

static void header_is_bounded_in_bytes_and_cookies(void **state)
{
    struct cookies *all = cookies_new();
    struct cookie_origin to = at("h.example", "/", true);
    scoped(buf) line = {0}, log = {0};
    size_t count = 1;

    (void)state;
    for (int i = 0; i < 200; i++) {
        scoped(buf) text = {0};
        buf_printf(&text, "h.example\tFALSE\t/\tFALSE\t0\tn%03d\tv", i);
        add(all, text.bytes);
    }
    assert_int_equal(cookies_append_matching(all, &to, &line, NULL), CURLE_OK);
    for (size_t i = 0; i < line.len; i++)
        count += line.bytes[i] == ';';
    assert_int_equal(count, COOKIE_SENT_MAX);
    cookies_clear(all);
    buf_clear(&line);
    for (int i = 0; i < 4; i++) {
        scoped(buf) text = {0};
        buf_printf(&text, "h.example\tFALSE\t/\tFALSE\t0\tn%d\t%04000d", i, i);
        add(all, text.bytes);
    }
    assert_int_equal(cookies_append_matching(all, &to, &line, &log), CURLE_OK);
    assert_true(line.len + 8 <= COOKIE_HEADER_MAX && line.len > 8000);
    assert_non_null(strstr(buf_text(&log), "Restricted outgoing cookies"));
    cookies_unref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_replaces_another_of_the_same_name_domain_and_path),
        cmocka_unit_test(order_is_path_domain_name_and_then_the_latest),
        cmocka_unit_test(expired_cookie_takes_its_forerunner_away),
        cmocka_unit_test(insecure_origin_does_not_touch_secure_cookies),
        cmocka_unit_test(suffix_is_no_domain_for_a_cookie),
        cmocka_unit_test(file_gives_way_to_what_a_server_set),
        cmocka_unit_test(session_ends_and_all_are_dropped),
        cmocka_unit_test(header_is_bounded_in_bytes_and_cookies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
