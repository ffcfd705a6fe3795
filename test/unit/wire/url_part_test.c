/* SPDX-License-Identifier: MIT */
#include "url_test_support.h"

/* Sets one part of "https://h.com/a?q"; `expected` is the whole then. */
static void check(CURLUPart part, const char *text, unsigned flags, const char *expected)
{
    scoped(url) u = {0};

    assert_int_equal(url_set_whole(&u, "https://h.com/a?q", 0), CURLUE_OK);
    if (url_set_part(&u, part, text, flags))
        fail_msg("%s is refused", text);
    expect_part(&u, CURLUPART_URL, 0, expected, CURLUE_OK);
}

static void refuse(CURLUPart part, const char *text, unsigned flags, CURLUcode result)
{
    scoped(url) u = {0};
    CURLUcode got;

    assert_int_equal(url_set_whole(&u, "https://h.com/a?q", 0), CURLUE_OK);
    got = url_set_part(&u, part, text, flags);
    if (got != result)
        fail_msg("%s: %d instead of %d", text, got, result);
    expect_part(&u, CURLUPART_URL, 0, "https://h.com/a?q", CURLUE_OK);
}

static void schemes_are_checked_and_kept_in_lower_case(void **state)
{
    (void)state;
    check(CURLUPART_SCHEME, "HTTP", 0, "http://h.com/a?q");
    check(CURLUPART_SCHEME, "foo", CURLU_NON_SUPPORT_SCHEME, "foo://h.com/a?q");
    refuse(CURLUPART_SCHEME, "foo", 0, CURLUE_UNSUPPORTED_SCHEME);
    refuse(CURLUPART_SCHEME, "", CURLU_NON_SUPPORT_SCHEME, CURLUE_BAD_SCHEME);
    refuse(CURLUPART_SCHEME, "1foo", CURLU_NON_SUPPORT_SCHEME, CURLUE_BAD_SCHEME);
    refuse(CURLUPART_SCHEME, "fo/o", CURLU_NON_SUPPORT_SCHEME, CURLUE_BAD_SCHEME);
    refuse(CURLUPART_SCHEME, "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx", CURLU_NON_SUPPORT_SCHEME,
           CURLUE_BAD_SCHEME);
}

static void user_and_password_are_encoded_where_asked(void **state)
{
    (void)state;
    check(CURLUPART_USER, "a@b c", CURLU_URLENCODE, "https://a%40b%20c@h.com/a?q");
    check(CURLUPART_USER, "a%aab", 0, "https://a%AAb@h.com/a?q");
    check(CURLUPART_PASSWORD, "p", 0, "https://:p@h.com/a?q");
    check(CURLUPART_OPTIONS, "o", 0, "https://h.com/a?q");
}

static void hosts_are_checked(void **state)
{
    (void)state;
    check(CURLUPART_HOST, "x.y", 0, "https://x.y/a?q");
    check(CURLUPART_HOST, "[FE80::1%25eth0]", 0, "https://[fe80::1%25eth0]/a?q");
    check(CURLUPART_HOST, "a%41", 0, "https://a%41/a?q");
    check(CURLUPART_HOST, "", CURLU_NO_AUTHORITY, "https:///a?q");
    refuse(CURLUPART_HOST, "", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "h i", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "h:80", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "a@b", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "a%25", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "[::1]", CURLU_URLENCODE, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "[1:2]", 0, CURLUE_BAD_IPV6);
    refuse(CURLUPART_HOST, "[::1", 0, CURLUE_BAD_IPV6);
}

static void a_new_host_drops_the_old_zone(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "https://[fe80::1%25e]/", 0), CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_HOST, "[::2]", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, "https://[::2]/", CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_ZONEID, "e", 0), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, "https://[::2%25e]/", CURLUE_OK);
}

static void ports_are_decimal_numbers(void **state)
{
    (void)state;
    check(CURLUPART_PORT, "0", 0, "https://h.com:0/a?q");
    check(CURLUPART_PORT, "080", 0, "https://h.com:80/a?q");
    check(CURLUPART_PORT, "65535", 0, "https://h.com:65535/a?q");
    refuse(CURLUPART_PORT, "", 0, CURLUE_BAD_PORT_NUMBER);
    refuse(CURLUPART_PORT, "65536", 0, CURLUE_BAD_PORT_NUMBER);
    refuse(CURLUPART_PORT, "80x", 0, CURLUE_BAD_PORT_NUMBER);
    refuse(CURLUPART_PORT, " 80", 0, CURLUE_BAD_PORT_NUMBER);
    refuse(CURLUPART_PORT, "-1", 0, CURLUE_BAD_PORT_NUMBER);
}

static void paths_get_a_slash_and_keep_some_characters(void **state)
{
    (void)state;
    check(CURLUPART_PATH, "", 0, "https://h.com/?q");
    check(CURLUPART_PATH, "x/../y", 0, "https://h.com/x/../y?q");
    check(CURLUPART_PATH, "/!$&'(){}[]*+,;=:@/%<?#", CURLU_URLENCODE,
          "https://h.com/!$&'(){}[]*+,;=:@/%25%3C%3F%23?q");
    check(CURLUPART_PATH, "/%aa%zz", 0, "https://h.com/%AA%zz?q");
}

static void queries_are_set_or_appended(void **state)
{
    enum { ENCODE = CURLU_URLENCODE, APPEND = CURLU_APPENDQUERY };

    (void)state;
    check(CURLUPART_QUERY, "a b", 0, "https://h.com/a?a b");
    check(CURLUPART_QUERY, "a=b c&", ENCODE, "https://h.com/a?a%3Db+c%26");
    check(CURLUPART_QUERY, "a=b=c&", ENCODE | APPEND, "https://h.com/a?q&a=b%3Dc%26");
    check(CURLUPART_QUERY, "a=b&c", APPEND, "https://h.com/a?q&a=b&c");
    check(CURLUPART_QUERY, "", 0, "https://h.com/a");
    check(CURLUPART_QUERY, "", APPEND, "https://h.com/a?q&");
    check(CURLUPART_QUERY, "", ENCODE | APPEND, "https://h.com/a");
}

static void hosts_stay_as_they_are_written(void **state)
{
    (void)state;
    check(CURLUPART_HOST, "%43url.se", 0, "https://%43url.se/a?q");
    check(CURLUPART_HOST, "[fe80%3A%3A1]", 0, "https://[fe80::1]/a?q");
    refuse(CURLUPART_HOST, "a%2Fb", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, ".", 0, CURLUE_BAD_HOSTNAME);
    refuse(CURLUPART_HOST, "a%", 0, CURLUE_BAD_HOSTNAME);
}

static void appending_puts_no_second_ampersand(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "https://h/?q&", 0), CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_QUERY, "a", CURLU_APPENDQUERY), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, "https://h/?q&a", CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_QUERY, NULL, 0), CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_QUERY, "b", CURLU_APPENDQUERY), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, "https://h/?b", CURLUE_OK);
}

static void null_removes_each_part(void **state)
{
    static const struct {
        CURLUPart part;
        const char *expected;
    } cases[] = {
        {CURLUPART_USER,     "imap://:p;o@[fe80::1%25e]:81/a?q#f"},
        {CURLUPART_PASSWORD, "imap://u;o@[fe80::1%25e]:81/a?q#f" },
        {CURLUPART_OPTIONS,  "imap://u:p@[fe80::1%25e]:81/a?q#f" },
        {CURLUPART_ZONEID,   "imap://u:p;o@[fe80::1]:81/a?q#f"   },
        {CURLUPART_PORT,     "imap://u:p;o@[fe80::1%25e]/a?q#f"  },
        {CURLUPART_PATH,     "imap://u:p;o@[fe80::1%25e]:81/?q#f"},
        {CURLUPART_QUERY,    "imap://u:p;o@[fe80::1%25e]:81/a#f" },
        {CURLUPART_FRAGMENT, "imap://u:p;o@[fe80::1%25e]:81/a?q" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        scoped(url) u = {0};

        assert_int_equal(
            url_set_whole(&u, "imap://u:p;o@[fe80::1%25e]:81/a?q#f", CURLU_NON_SUPPORT_SCHEME),
            CURLUE_OK);
        assert_int_equal(url_set_part(&u, cases[i].part, NULL, 0), CURLUE_OK);
        expect_part(&u, CURLUPART_URL, 0, cases[i].expected, CURLUE_OK);
    }
}

static void a_url_without_scheme_or_host_has_no_text(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_whole(&u, "https://h/", 0), CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_SCHEME, NULL, 0), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, NULL, CURLUE_NO_SCHEME);
    expect_part(&u, CURLUPART_URL, CURLU_DEFAULT_SCHEME, "https://h/", CURLUE_OK);
    assert_int_equal(url_set_part(&u, CURLUPART_HOST, NULL, 0), CURLUE_OK);
    expect_part(&u, CURLUPART_URL, 0, NULL, CURLUE_NO_HOST);
}

static void an_unknown_part_is_an_error(void **state)
{
    scoped(url) u = {0};

    (void)state;
    assert_int_equal(url_set_part(&u, (CURLUPart)99, "x", 0), CURLUE_UNKNOWN_PART);
    assert_int_equal(url_set_part(&u, (CURLUPart)99, NULL, 0), CURLUE_UNKNOWN_PART);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_are_checked_and_kept_in_lower_case),
        cmocka_unit_test(user_and_password_are_encoded_where_asked),
        cmocka_unit_test(hosts_are_checked),
        cmocka_unit_test(a_new_host_drops_the_old_zone),
        cmocka_unit_test(ports_are_decimal_numbers),
        cmocka_unit_test(paths_get_a_slash_and_keep_some_characters),
        cmocka_unit_test(queries_are_set_or_appended),
        cmocka_unit_test(hosts_stay_as_they_are_written),
        cmocka_unit_test(appending_puts_no_second_ampersand),
        cmocka_unit_test(null_removes_each_part),
        cmocka_unit_test(a_url_without_scheme_or_host_has_no_text),
        cmocka_unit_test(an_unknown_part_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
