/* SPDX-License-Identifier: MIT */
#include "wire/cookie.h"

#include "wire_test.h"

#include <stdio.h>

enum { NOW = 1000000000 };

static struct cookie_origin at(const char *host, const char *path, bool secure)
{
    return (struct cookie_origin){.host = str_of(host), .path = str_of(path), .secure = secure};
}

static enum cookie_outcome parse(const char *text, const struct cookie_origin *from,
                                 struct cookie *ret)
{
    return cookie_parse_field(str_of(text), from, NOW, ret);
}

/* The cookie as a line of a file; the outcome's number when it is refused. */
static void field_is(const char *text, const struct cookie_origin *from, const char *expected)
{
    scoped(buf) line = {0};
    struct cookie c;
    enum cookie_outcome outcome = parse(text, from, &c);

    if (outcome)
        buf_append_number(&line, outcome);
    else
        cookie_append_line(&line, &c);
    assert_string_equal(buf_text(&line), expected);
}

static void line_is(const char *text, const char *expected)
{
    scoped(buf) line = {0};
    struct cookie c;
    enum cookie_outcome outcome = cookie_parse_line(str_of(text), &c);

    if (outcome)
        buf_append_number(&line, outcome);
    else
        cookie_append_line(&line, &c);
    assert_string_equal(buf_text(&line), expected);
}

#define REFUSED_NONE     "1"
#define REFUSED_OVERSIZE "2"
#define REFUSED_OCTETS   "3"
#define REFUSED_DOMAIN   "4"
#define REFUSED_INSECURE "5"
#define REFUSED_PREFIX   "6"
#define REFUSED_LINE     "7"

static void plain_pair_is_for_its_host_and_folder(void **state)
{
    struct cookie_origin from = at("www.example.com", "/a/b/c", false);

    (void)state;
    field_is("n=v", &from, "www.example.com\tFALSE\t/a/b\tFALSE\t0\tn\tv");
    field_is("  n =  v w  ", &from, "www.example.com\tFALSE\t/a/b\tFALSE\t0\tn\tv w");
    field_is("n=", &from, "www.example.com\tFALSE\t/a/b\tFALSE\t0\tn\t");
    field_is("n=a=b\"c", &from, "www.example.com\tFALSE\t/a/b\tFALSE\t0\tn\ta=b\"c");
    from.path = STR("/file");
    field_is("n=v", &from, "www.example.com\tFALSE\t/\tFALSE\t0\tn\tv");
    from.path = STR("");
    field_is("n=v", &from, "www.example.com\tFALSE\t/\tFALSE\t0\tn\tv");
}

static void what_has_no_name_or_no_equals_sign_is_no_cookie(void **state)
{
    struct cookie_origin from = at("h.example", "/", true);

    (void)state;
    field_is("", &from, REFUSED_NONE);
    field_is("n", &from, REFUSED_NONE);
    field_is("=v", &from, REFUSED_NONE);
    field_is(" ; n=v", &from, REFUSED_NONE);
    field_is("secure; path=/", &from, REFUSED_NONE);
}

static void attributes_are_read_whatever_their_case_and_blanks(void **state)
{
    struct cookie_origin from = at("a.b.example", "/x/y", true);

    (void)state;
    field_is("n=v; PATH=/p/q/ ;Secure;  HTTPONLY; Domain=.B.Example; SameSite=Strict; junk", &from,
             "#HttpOnly_.B.Example\tTRUE\t/p/q\tTRUE\t0\tn\tv");
    field_is("n=v; secure=", &from, "a.b.example\tFALSE\t/x\tTRUE\t0\tn\tv");
    field_is("n=v; secure=no; httponly=x", &from, "a.b.example\tFALSE\t/x\tFALSE\t0\tn\tv");
    field_is("n=v; path=\"/q/\"", &from, "a.b.example\tFALSE\t/q\tFALSE\t0\tn\tv");
    field_is("n=v; path=relative", &from, "a.b.example\tFALSE\t/\tFALSE\t0\tn\tv");
    field_is("n=v; path=; path=/last", &from, "a.b.example\tFALSE\t/last\tFALSE\t0\tn\tv");
    field_is("n=v; domain=; path=/", &from, "a.b.example\tFALSE\t/\tFALSE\t0\tn\tv");
}

static void domain_of_somebody_else_is_refused(void **state)
{
    struct cookie_origin from = at("a.b.example", "/", true);

    (void)state;
    field_is("n=v; domain=example.org", &from, REFUSED_DOMAIN);
    field_is("n=v; domain=x.a.b.example", &from, REFUSED_DOMAIN);
    field_is("n=v; domain=.example", &from, ".example\tTRUE\t/\tFALSE\t0\tn\tv");
    field_is("n=v; domain=..b.example", &from, REFUSED_DOMAIN);
    field_is("n=v; domain=xample", &from, REFUSED_DOMAIN);
    field_is("n=v; domain=b.example.", &from, REFUSED_DOMAIN);
    from.host = STR("127.0.0.1");
    field_is("n=v; domain=127.0.0.1", &from, "127.0.0.1\tFALSE\t/\tFALSE\t0\tn\tv");
    field_is("n=v; domain=0.0.1", &from, REFUSED_DOMAIN);
    field_is("n=v; domain=.0.0.1", &from, REFUSED_DOMAIN);
}

static void life_is_max_age_before_expires_and_400_days_at_most(void **state)
{
    struct cookie_origin from = at("h.example", "/", true);
    struct cookie c;
    static const struct {
        const char *text;
        int64_t expires;
    } cases[] = {
        {"n=v",                                                   0                         },
        {"n=v; max-age=60",                                       NOW + 60                  },
        {"n=v; Max-Age=\"60\"",                                   NOW + 60                  },
        {"n=v; max-age=0",                                        1                         },
        {"n=v; max-age=-1",                                       1                         },
        {"n=v; max-age=soon",                                     1                         },
        {"n=v; expires=Sun, 09-Sep-2001 01:47:40 GMT",            NOW + 60                  },
        {"n=v; expires=Sun, 09-Sep-2001 01:47:40 GMT; max-age=5", NOW + 5                   },
        {"n=v; max-age=5; expires=Sun, 09-Sep-2001 01:47:40 GMT", NOW + 5                   },
        {"n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT",            1                         },
        {"n=v; expires=whenever",                                 0                         },
        {"n=v; max-age=34560000",                                 NOW + 34560000            },
        {"n=v; max-age=34560001",                                 (NOW + 34560030) / 60 * 60},
        {"n=v; max-age=99999999999999999999999",                  (NOW + 34560030) / 60 * 60},
        {"n=v; expires=Fri Feb 13 11:56:27 GMT 2525",             (NOW + 34560030) / 60 * 60},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].text, &from, &c), COOKIE_GOOD);
        if (c.expires != cases[i].expires)
            fail_msg("%s: %lld", cases[i].text, (long long)c.expires);
    }
}

static void date_of_80_bytes_is_no_date(void **state)
{
    struct cookie_origin from = at("h.example", "/", true);
    struct cookie c;
    char text[200];
    const int dots = 79 - 28;

    (void)state;
    snprintf(text, sizeof(text), "n=v; expires=Fri Feb 13 11:56:27 %.*sGMT 2132", dots,
             "................................................................");
    assert_int_equal(parse(text, &from, &c), COOKIE_GOOD);
    assert_true(c.expires > 0);
    snprintf(text, sizeof(text), "n=v; expires=Fri Feb 13 11:56:27 %.*sGMT 2132", dots + 1,
             "................................................................");
    assert_int_equal(parse(text, &from, &c), COOKIE_GOOD);
    assert_int_equal(c.expires, 0);
}

static void secure_needs_a_secure_origin(void **state)
{
    struct cookie_origin from = at("h.example", "/", false);

    (void)state;
    field_is("n=v; secure", &from, REFUSED_INSECURE);
    field_is("secure=v", &from, "h.example\tFALSE\t/\tFALSE\t0\tsecure\tv");
}

static void prefixes_promise_what_the_cookie_must_have(void **state)
{
    struct cookie_origin from = at("h.b.example", "/", true);

    (void)state;
    field_is("__Secure-n=v", &from, REFUSED_PREFIX);
    field_is("__Secure-n=v; secure; domain=b.example", &from,
             ".b.example\tTRUE\t/\tTRUE\t0\t__Secure-n\tv");
    field_is("__secure-n=v", &from, "h.b.example\tFALSE\t/\tFALSE\t0\t__secure-n\tv");
    field_is("__Host-n=v; path=/", &from, REFUSED_PREFIX);
    field_is("__Host-n=v; secure; path=/; domain=b.example", &from, REFUSED_PREFIX);
    field_is("__Host-n=v; secure; path=/p", &from, REFUSED_PREFIX);
    field_is("__Host-n=v; secure; path=/", &from, "h.b.example\tFALSE\t/\tTRUE\t0\t__Host-n\tv");
}

static void control_bytes_are_refused(void **state)
{
    struct cookie_origin from = at("h.example", "/", true);
    char text[] = "n?m=v", value[] = "n=v?w", path[] = "n=v; path=/a?b";

    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        struct cookie c;
        bool bad = byte < ' ' || byte == 0x7f;

        text[1] = value[3] = path[12] = (char)byte;
        if (byte == ';' || byte == '=')
            continue;
        assert_int_equal(parse(text, &from, &c), bad ? COOKIE_BAD_OCTETS : COOKIE_GOOD);
        assert_int_equal(parse(value, &from, &c), bad ? COOKIE_BAD_OCTETS : COOKIE_GOOD);
        assert_int_equal(parse(path, &from, &c), bad ? COOKIE_BAD_OCTETS : COOKIE_GOOD);
    }
    field_is("n=v\t", &from, "h.example\tFALSE\t/\tFALSE\t0\tn\tv");
}

static enum cookie_outcome of_size(size_t name, size_t value)
{
    struct cookie_origin from = at("h.example", "/", true);
    scoped(buf) text = {0};
    struct cookie c;

    while (name--)
        buf_append_char(&text, 'n');
    buf_append_char(&text, '=');
    while (value--)
        buf_append_char(&text, 'v');
    return cookie_parse_field((struct str){text.bytes, text.len}, &from, NOW, &c);
}

static void pair_of_more_than_4096_bytes_is_refused(void **state)
{
    (void)state;
    assert_int_equal(of_size(3000, 1096), COOKIE_GOOD);
    assert_int_equal(of_size(3000, 1097), COOKIE_OVERSIZED);
    assert_int_equal(of_size(4094, 1), COOKIE_GOOD);
    assert_int_equal(of_size(4095, 0), COOKIE_OVERSIZED);
    assert_int_equal(of_size(4000, 4096), COOKIE_OVERSIZED);
}

static void line_of_a_file_is_read_and_written_back(void **state)
{
    const char *good[] = {
        "www.example.com\tFALSE\t/a\tFALSE\t0\tn\tv",
        "#HttpOnly_.example.com\tTRUE\t/\tTRUE\t22147483647\tn\tv w",
        "example.com\tFALSE\t/\tFALSE\t9223372036854775807\tn\t",
    };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        line_is(good[i], good[i]);
    line_is(".example.com\tfalse\t/a/\tfalse\t0\tn\tv", "example.com\tFALSE\t/a\tFALSE\t0\tn\tv");
    line_is("example.com\ttrue\tFALSE\t0\tn\tv", ".example.com\tTRUE\t/\tFALSE\t0\tn\tv");
    line_is("example.com\tFALSE\t/\tFALSE\t99999999999999999999\tn\tv",
            "example.com\tFALSE\t/\tFALSE\t9223372036854775807\tn\tv");
    line_is("example.com\tFALSE\t/\tFALSE\t0\tn", "example.com\tFALSE\t/\tFALSE\t0\tn\t");
}

static void line_that_is_none_is_refused(void **state)
{
    (void)state;
    line_is("", REFUSED_NONE);
    line_is("# comment", REFUSED_NONE);
    line_is("nonsense", REFUSED_LINE);
    line_is("example.com\tFALSE\t/\tFALSE\t0", REFUSED_LINE);
    line_is("example.com\tFALSE\t/\tFALSE\tx\tn\tv", REFUSED_LINE);
    line_is("example.com\tFALSE\t/\tFALSE\t-1\tn\tv", REFUSED_LINE);
    line_is("example.com\tFALSE\t/\tFALSE\t0\tn\tv\tw", REFUSED_LINE);
    line_is(".\tFALSE\t/\tFALSE\t0\tn\tv", REFUSED_LINE);
    line_is("example.com\tFALSE\t/\tFALSE\t0\tn\tb\ad", REFUSED_OCTETS);
    line_is("example.com\tFALSE\t/\tFALSE\t0\t__Secure-n\tv", REFUSED_PREFIX);
    line_is("example.com\tTRUE\t/\tTRUE\t0\t__Host-n\tv", REFUSED_PREFIX);
}

static bool goes(const char *line, const char *host, const char *path, bool secure)
{
    struct cookie_origin to = at(host, path, secure);
    struct cookie c;

    assert_int_equal(cookie_parse_line(str_of(line), &c), COOKIE_GOOD);
    return cookie_matches(&c, &to);
}

static void cookie_goes_to_its_domain_path_and_security_only(void **state)
{
    const char *host_only = "example.com\tFALSE\t/a\tFALSE\t0\tn\tv";
    const char *tail = "example.com\tTRUE\t/\tTRUE\t0\tn\tv";

    (void)state;
    assert_true(goes(host_only, "EXAMPLE.com", "/a", false));
    assert_true(goes(host_only, "example.com", "/a/b", true));
    assert_false(goes(host_only, "example.com", "/ab", false));
    assert_false(goes(host_only, "example.com", "/A", false));
    assert_false(goes(host_only, "example.com", "/", false));
    assert_false(goes(host_only, "www.example.com", "/a", false));
    assert_true(goes(tail, "example.com", "", true));
    assert_true(goes(tail, "www.example.com", "/x", true));
    assert_false(goes(tail, "www.example.com", "/x", false));
    assert_false(goes(tail, "wwwexample.com", "/x", true));
    assert_false(goes("0.0.1\tTRUE\t/\tFALSE\t0\tn\tv", "127.0.0.1", "/", false));
    assert_true(goes("127.0.0.1\tTRUE\t/\tFALSE\t0\tn\tv", "127.0.0.1", "/", false));
}

static bool overlays(const char *newer, const char *older)
{
    struct cookie n, o;

    assert_int_equal(cookie_parse_line(str_of(newer), &n), COOKIE_GOOD);
    assert_int_equal(cookie_parse_line(str_of(older), &o), COOKIE_GOOD);
    return cookie_overlays(&n, &o);
}

static void insecure_cookie_would_hide_a_secure_one(void **state)
{
    const char *secure = "example.com\tTRUE\t/login/here\tTRUE\t0\tn\tv";

    (void)state;
    assert_true(overlays("example.com\tTRUE\t/login/here\tFALSE\t0\tn\tx", secure));
    assert_true(overlays("www.example.com\tFALSE\t/login\tFALSE\t0\tn\tx", secure));
    assert_true(overlays("example.com\tTRUE\t/login/here/and/there\tFALSE\t0\tn\tx", secure));
    assert_true(
        overlays("b.example\tTRUE\t/\tFALSE\t0\tn\tx", "a.b.example\tFALSE\t/\tTRUE\t0\tn\tv"));
    assert_false(overlays("example.com\tTRUE\t/\tFALSE\t0\tn\tx", secure));
    assert_false(overlays("example.com\tTRUE\t/login\tFALSE\t0\tother\tx", secure));
    assert_false(overlays("example.org\tTRUE\t/login\tFALSE\t0\tn\tx", secure));
    assert_false(overlays("www.example.com\tFALSE\t/\tFALSE\t0\tn\tx",
                          "example.com\tFALSE\t/\tTRUE\t0\tn\tv"));
}

static void header_line_is_told_from_a_line_of_a_file(void **state)
{
    struct str value;

    (void)state;
    assert_true(cookie_is_field(STR(" set-cookie:  a=b "), &value));
    assert_true(str_equal(value, STR("a=b")));
    assert_false(cookie_is_field(STR("Set-Cookie2: a=b"), &value));
    assert_false(cookie_is_field(STR("Set-Cookie"), &value));
}

static void this_machine_and_addresses_are_known(void **state)
{
    (void)state;
    assert_true(cookie_host_is_local(STR("LocalHost")));
    assert_true(cookie_host_is_local(STR("127.0.0.1")));
    assert_true(cookie_host_is_local(STR("[::1]")));
    assert_false(cookie_host_is_local(STR("localhost.example")));
    assert_true(cookie_host_is_address(STR("[fe80::1]")));
    assert_true(cookie_host_is_address(STR("10.0.0.1")));
    assert_false(cookie_host_is_address(STR("10.0.0")));
    assert_false(cookie_host_is_address(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_pair_is_for_its_host_and_folder),
        cmocka_unit_test(what_has_no_name_or_no_equals_sign_is_no_cookie),
        cmocka_unit_test(attributes_are_read_whatever_their_case_and_blanks),
        cmocka_unit_test(domain_of_somebody_else_is_refused),
        cmocka_unit_test(life_is_max_age_before_expires_and_400_days_at_most),
        cmocka_unit_test(date_of_80_bytes_is_no_date),
        cmocka_unit_test(secure_needs_a_secure_origin),
        cmocka_unit_test(prefixes_promise_what_the_cookie_must_have),
        cmocka_unit_test(control_bytes_are_refused),
        cmocka_unit_test(pair_of_more_than_4096_bytes_is_refused),
        cmocka_unit_test(line_of_a_file_is_read_and_written_back),
        cmocka_unit_test(line_that_is_none_is_refused),
        cmocka_unit_test(cookie_goes_to_its_domain_path_and_security_only),
        cmocka_unit_test(insecure_cookie_would_hide_a_secure_one),
        cmocka_unit_test(header_line_is_told_from_a_line_of_a_file),
        cmocka_unit_test(this_machine_and_addresses_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
