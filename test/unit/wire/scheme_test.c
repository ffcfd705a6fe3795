/* SPDX-License-Identifier: MIT */
#include "wire/scheme.h"

#include "wire_test.h"

static void a_scheme_is_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(scheme_find(STR("HtTpS"))->port, 443);
    assert_true(scheme_find(STR("smtp"))->login_options);
    assert_false(scheme_find(STR("http"))->login_options);
    assert_null(scheme_find(STR("gone")));
    assert_null(scheme_find(STR("")));
}

static void only_schemes_with_a_protocol_are_known(void **state)
{
    (void)state;
    assert_true(scheme_known(STR("http")));
    assert_true(scheme_known(STR("https")));
    assert_false(scheme_known(STR("rtmp")));
    assert_false(scheme_known(STR("httpx")));
}

static void the_first_label_of_a_host_suggests_its_scheme(void **state)
{
    (void)state;
    assert_string_equal(scheme_guess(STR("FTP.example.com")), "ftp");
    assert_string_equal(scheme_guess(STR("pop3.example.com")), "pop3");
    assert_string_equal(scheme_guess(STR("ftpx.example.com")), "http");
    assert_string_equal(scheme_guess(STR("ftp")), "http");
    assert_string_equal(scheme_guess(STR("")), "http");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scheme_is_found_in_any_case),
        cmocka_unit_test(only_schemes_with_a_protocol_are_known),
        cmocka_unit_test(the_first_label_of_a_host_suggests_its_scheme),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
