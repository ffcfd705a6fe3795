/* SPDX-License-Identifier: MIT */
#include "wire/hsts.h"

#include "wire_test.h"

static void field_is(const char *text, bool good, int64_t max_age_s, bool subdomains)
{
    struct hsts_policy p;

    assert_int_equal(hsts_parse_field(str_of(text), &p), good);
    if (!good)
        return;
    assert_int_equal(p.max_age_s, max_age_s);
    assert_int_equal(p.subdomains, subdomains);
}

static void field_has_an_age_and_perhaps_subdomains(void **state)
{
    (void)state;
    field_is("max-age=31536000", true, 31536000, false);
    field_is("Max-Age = \"60\" ; IncludeSubDomains", true, 60, true);
    field_is("includeSubDomains;max-age=0", true, 0, true);
    field_is(";; max-age=1;", true, 1, false);
    field_is("max-age=1; preload; other=\"a;b\"; x=y", true, 1, false);
    field_is("max-age=99999999999999999999999", true, HSTS_FOREVER, false);
}

static void field_that_breaks_the_rules_means_nothing(void **state)
{
    (void)state;
    field_is("", false, 0, false);
    field_is("includeSubDomains", false, 0, false);
    field_is("max-age", false, 0, false);
    field_is("max-age=", false, 0, false);
    field_is("max-age=\"", false, 0, false);
    field_is("max-age=-1", false, 0, false);
    field_is("max-age=1x", false, 0, false);
    field_is("max-age=1; max-age=2", false, 0, false);
    field_is("max-age=1; includeSubDomains; includesubdomains", false, 0, false);
    field_is("xmax-age=1", false, 0, false);
}

static void line_is(const char *text, const char *expected)
{
    scoped(buf) line = {0};
    struct hsts_line l;

    if (hsts_parse_line(str_of(text), &l))
        hsts_append_line(&line, &l);
    assert_string_equal(buf_text(&line), expected);
}

static void line_of_a_file_is_read_and_written_back(void **state)
{
    (void)state;
    line_is("a.example \"20991001 04:47:41\"", "a.example \"20991001 04:47:41\"\n");
    line_is("  .a.example.   \"99991001 04:47:41\"  ", ".a.example \"99991001 04:47:41\"\n");
    line_is("A.example \"unlimited\"", "A.example \"unlimited\"\n");
    line_is("a.example 20991001 04:47:41", "a.example \"20991001 04:47:41\"\n");
    line_is("a.example \"\"", "a.example \"unlimited\"\n");
    line_is("# a.example \"unlimited\"", "");
    line_is("", "");
    line_is("a.example", "");
    line_is("a.example \"soon\"", "");
    line_is(". \"unlimited\"", "");
    line_is("..a \"unlimited\"", "");
    line_is("127.0.0.1 \"unlimited\"", "");
    line_is("[::1] \"unlimited\"", "");
}

static void host_is_compared_without_its_last_dot(void **state)
{
    char name[HSTS_NAME_MAX + 2];

    (void)state;
    assert_str(hsts_host(STR("a.example.")), "a.example");
    assert_str(hsts_host(STR("10.0.0.1")), "");
    assert_str(hsts_host(STR("a b")), "");
    assert_str(hsts_host(STR(".")), "");
    memset(name, 'a', sizeof(name));
    assert_int_equal(hsts_host((struct str){name, HSTS_NAME_MAX}).len, HSTS_NAME_MAX);
    assert_int_equal(hsts_host((struct str){name, HSTS_NAME_MAX + 1}).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_has_an_age_and_perhaps_subdomains),
        cmocka_unit_test(field_that_breaks_the_rules_means_nothing),
        cmocka_unit_test(line_of_a_file_is_read_and_written_back),
        cmocka_unit_test(host_is_compared_without_its_last_dot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
