/* SPDX-License-Identifier: MIT */
#include "url_test_support.h"

#define BASE "https://u:p@h.com:81/a/b?q#f"
#define ROOT "https://u:p@h.com:81"

static void references_resolve_as_the_rfc_says(void **state)
{
    static const struct url_case cases[] = {
        {BASE, "",           0,                  ROOT "/a/b?q",      CURLUE_OK},
        {BASE, "c",          0,                  ROOT "/a/c",        CURLUE_OK},
        {BASE, "./c",        0,                  ROOT "/a/c",        CURLUE_OK},
        {BASE, "../c",       0,                  ROOT "/c",          CURLUE_OK},
        {BASE, "../../../c", 0,                  ROOT "/c",          CURLUE_OK},
        {BASE, "c/../../d/", 0,                  ROOT "/d/",         CURLUE_OK},
        {BASE, "..",         0,                  ROOT "/",           CURLUE_OK},
        {BASE, "/c",         0,                  ROOT "/c",          CURLUE_OK},
        {BASE, ";x",         0,                  ROOT "/a/;x",       CURLUE_OK},
        {BASE, "host.com",   CURLU_GUESS_SCHEME, ROOT "/a/host.com", CURLUE_OK},
        {BASE, "?z",         0,                  ROOT "/a/b?z",      CURLUE_OK},
        {BASE, "?",          0,                  ROOT "/a/b?",       CURLUE_OK},
        {BASE, "#z",         0,                  ROOT "/a/b?q#z",    CURLUE_OK},
        {BASE, "#",          0,                  ROOT "/a/b?q#",     CURLUE_OK},
        {BASE, "c?d#e",      0,                  ROOT "/a/c?d#e",    CURLUE_OK},
        {BASE, "?a/../b",    0,                  ROOT "/a/b?a/../b", CURLUE_OK},
        {BASE, "//x/y",      0,                  "https://x/y",      CURLUE_OK},
        {BASE, "///x",       0,                  "https://x/",       CURLUE_OK},
        {BASE, "http://x/y", 0,                  "http://x/y",       CURLUE_OK},
    };

    (void)state;
    check_url_cases(cases, COUNT_OF(cases));
}

static void bases_of_all_shapes_do(void **state)
{
    static const struct url_case cases[] = {
        {"https://h",              "c",     0,                        "https://h/c",             CURLUE_OK          },
        {"https://h?q",            "c",     0,                        "https://h/c",             CURLUE_OK          },
        {"https://h?q",            "?c",    0,                        "https://h/?c",            CURLUE_OK          },
        {"https://h?q",            "#c",    0,                        "https://h/?q#c",          CURLUE_OK          },
        {"https://h/a?q/../x",     "c",     0,                        "https://h/c",             CURLUE_OK          },
        {"https://h/a?",           "#c",    0,                        "https://h/a?#c",          CURLUE_OK          },
        {"https://[fe80::1%25e]/", "c",     0,                        "https://[fe80::1%25e]/c", CURLUE_OK          },
        {"file:///a/b?q",          "c",     CURLU_NON_SUPPORT_SCHEME, "file:///a/c",             CURLUE_OK          },
        {"file:///a/b?q#f",        "",      CURLU_NON_SUPPORT_SCHEME, "file:///a/b?q",           CURLUE_OK          },
        {"file:///a/b",            "//h/c", CURLU_NON_SUPPORT_SCHEME, NULL,                      CURLUE_BAD_FILE_URL},
        {"foo://h/a",              "b",     CURLU_NON_SUPPORT_SCHEME, "foo://h/b",               CURLUE_OK          },
    };

    (void)state;
    check_url_cases(cases, COUNT_OF(cases));
}

static void blanks_and_bytes_outside_ascii_are_encoded_but_not_in_hosts(void **state)
{
    static const struct url_case cases[] = {
        {BASE, "b c",              0,                                   ROOT "/a/b%20c",           CURLUE_OK             },
        {BASE, "b\xe5%aa?d e#f g", 0,                                   ROOT "/a/b%E5%AA?d+e#f+g", CURLUE_OK             },
        {BASE, "//h/b c",          0,                                   "https://h/b%20c",         CURLUE_OK             },
        {BASE, "//h i/",           CURLU_ALLOW_SPACE,                   NULL,                      CURLUE_BAD_HOSTNAME   },
        {BASE, "b\x01",            0,                                   NULL,                      CURLUE_MALFORMED_INPUT},
        {BASE, "b\tc",             CURLU_ALLOW_SPACE,                   NULL,                      CURLUE_MALFORMED_INPUT},
        {BASE, "http://x/a b",     0,                                   NULL,                      CURLUE_MALFORMED_INPUT},
        {BASE, "http://x/a b",     CURLU_ALLOW_SPACE | CURLU_URLENCODE, "http://x/a%20b",          CURLUE_OK             },
    };

    (void)state;
    check_url_cases(cases, COUNT_OF(cases));
}

static void what_is_absolute_is_not_resolved(void **state)
{
    static const struct url_case cases[] = {
        {BASE, "http:x",  0,                   NULL, CURLUE_BAD_SLASHES       },
        {BASE, "foo:bar", 0,                   NULL, CURLUE_UNSUPPORTED_SCHEME},
        {BASE, "http://", 0,                   NULL, CURLUE_NO_HOST           },
        {BASE, "//",      0,                   NULL, CURLUE_NO_HOST           },
        {BASE, "//x@y/",  CURLU_DISALLOW_USER, NULL, CURLUE_USER_NOT_ALLOWED  },
    };

    (void)state;
    check_url_cases(cases, COUNT_OF(cases));
}

static void errors_leave_the_url_as_it_was(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, BASE, 0), CURLUE_OK);
    assert_int_equal(url_set_whole(&u, "http://a b/", 0), CURLUE_MALFORMED_INPUT);
    expect_part(&u, CURLUPART_URL, 0, BASE, CURLUE_OK);
}

static void null_empties_the_url(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, BASE, 0), CURLUE_OK);
    assert_int_equal(url_set_whole(&u, NULL, 0), CURLUE_OK);
    expect_part(&u, CURLUPART_HOST, 0, NULL, CURLUE_NO_HOST);
    assert_int_equal(url_set_whole(&u, "x", 0), CURLUE_BAD_SCHEME);
}

static void a_base_without_scheme_resolves_under_the_default(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_part(&u, CURLUPART_HOST, "h", 0), CURLUE_OK);
    assert_int_equal(url_set_whole(&u, "/x", 0), CURLUE_BAD_SCHEME);
    assert_int_equal(url_set_whole(&u, "/x", CURLU_DEFAULT_SCHEME), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, "https://h/x", CURLUE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_resolve_as_the_rfc_says),
        cmocka_unit_test(bases_of_all_shapes_do),
        cmocka_unit_test(blanks_and_bytes_outside_ascii_are_encoded_but_not_in_hosts),
        cmocka_unit_test(what_is_absolute_is_not_resolved),
        cmocka_unit_test(errors_leave_the_url_as_it_was),
        cmocka_unit_test(null_empties_the_url),
        cmocka_unit_test(a_base_without_scheme_resolves_under_the_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
