/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boundary/hsts_store.h"

static void set(struct hsts_store *all, const char *host, const char *value, CURLcode expected)
{
    assert_int_equal(hsts_store_set(all, str_of(host), str_of(value)), expected);
}

static void add(struct hsts_store *all, const char *text)
{
    struct hsts_line line;

    assert_true(hsts_parse_line(str_of(text), &line));
    assert_int_equal(hsts_store_add(all, &line), CURLE_OK);
}

static bool has(struct hsts_store *all, const char *host)
{
    return hsts_store_has(all, str_of(host));
}

static void is(struct hsts_store *all, const char *expected)
{
    scoped(buf) text = {0};

    assert_int_equal(hsts_store_append_lines(all, &text), CURLE_OK);
    assert_string_equal(buf_text(&text), expected);
}

static void host_is_found_in_any_case_and_with_a_dot(void **state)
{
    struct hsts_store *all = hsts_store_new();

    (void)state;
    set(all, "Host.example.", "max-age=60", CURLE_OK);
    assert_true(has(all, "host.example"));
    assert_true(has(all, "HOST.EXAMPLE."));
    assert_false(has(all, "a.host.example"));
    assert_false(has(all, "example"));
    assert_false(has(all, "xhost.example"));
    hsts_store_unref(all);
}

static void subdomains_are_meant_where_it_says_so(void **state)
{
    struct hsts_store *all = hsts_store_new();

    (void)state;
    set(all, "b.example", "max-age=60; includeSubDomains", CURLE_OK);
    set(all, "a.b.example", "max-age=60", CURLE_OK);
    assert_true(has(all, "b.example"));
    assert_true(has(all, "x.a.b.example"));
    assert_false(has(all, "xb.example"));
    set(all, "b.example", "max-age=60", CURLE_OK);
    assert_false(has(all, "x.a.b.example"));
    assert_true(has(all, "a.b.example"));
    hsts_store_unref(all);
}

static void age_of_zero_takes_the_host_away_and_nonsense_changes_nothing(void **state)
{
    struct hsts_store *all = hsts_store_new();

    (void)state;
    set(all, "a.example", "max-age=60", CURLE_OK);
    set(all, "a.example", "max-age=no", CURLE_BAD_FUNCTION_ARGUMENT);
    assert_true(has(all, "a.example"));
    set(all, "a.example", "max-age=0", CURLE_OK);
    assert_false(has(all, "a.example"));
    set(all, "127.0.0.1", "max-age=60", CURLE_OK);
    assert_false(has(all, "127.0.0.1"));
    is(all, "");
    hsts_store_unref(all);
}

static void file_keeps_the_longer_life_and_drops_what_is_over(void **state)
{
    struct hsts_store *all = hsts_store_new(), *copy = hsts_store_new();
    const char *expected = "a.example \"99991001 04:47:41\"\n.b.example \"unlimited\"\n";

    (void)state;
    add(all, "old.example \"20011001 04:47:41\"");
    add(all, "a.example \"99991001 04:47:41\"");
    add(all, ".b.example \"unlimited\"");
    add(all, "a.example \"20991001 04:47:41\"");
    is(all, expected);
    assert_int_equal(hsts_store_copy(all, copy), CURLE_OK);
    hsts_store_unref(all);
    is(copy, expected);
    hsts_store_unref(copy);
}

static void first_host_goes_when_there_are_too_many(void **state)
{
    struct hsts_store *all = hsts_store_new();

    (void)state;
    for (int i = 0; i <= HSTS_HOSTS_MAX; i++) {
        scoped(buf) name = {0};

        buf_printf(&name, "h%d.example", i);
        set(all, name.bytes, "max-age=60", CURLE_OK);
    }
    assert_false(has(all, "h0.example"));
    assert_true(has(all, "h1.example"));
    assert_true(has(all, "h10000.example"));
    hsts_store_unref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_is_found_in_any_case_and_with_a_dot),
        cmocka_unit_test(subdomains_are_meant_where_it_says_so),
        cmocka_unit_test(age_of_zero_takes_the_host_away_and_nonsense_changes_nothing),
        cmocka_unit_test(file_keeps_the_longer_life_and_drops_what_is_over),
        cmocka_unit_test(first_host_goes_when_there_are_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
