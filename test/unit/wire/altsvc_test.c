/* SPDX-License-Identifier: MIT */
#include "wire/altsvc.h"

#include "wire_test.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

/* All parts of a field as text: "h2 host:port age persist", "clear". */
static const char *read_all(const char *value)
{
    static char text[512];
    struct str field = str_of(value);
    struct altsvc_offer o;
    enum altsvc_part part;
    size_t len = 0;

    text[0] = '\0';
    while ((part = altsvc_next(&field, &o)) != ALTSVC_END) {
        if (part == ALTSVC_CLEAR)
            len += (size_t)snprintf(text + len, sizeof text - len, "clear;");
        else
            len += (size_t)snprintf(text + len, sizeof text - len, "%s %.*s:%d %d %d;",
                                    altsvc_protocol_name(o.protocol), (int)o.host.len, o.host.at,
                                    o.port, (int)o.age_s, o.persist);
    }
    return text;
}

static void offers_are_read_with_their_parameters(void **state)
{
    (void)state;
    assert_string_equal(read_all("h2=\":443\""), "h2 :443 86400 0;");
    assert_string_equal(read_all("h1=\"a.test:81\"; ma=60; persist=1"), "h1 a.test:81 60 1;");
    assert_string_equal(read_all(" H2=\"a:1\" ;ma=\"7\" , h3=\":2\";x=y;ma=3;"),
                        "h2 a:1 7 0;h3 :2 3 0;");
    assert_string_equal(read_all("h1=\"[ffff::1]:8181\""), "h1 [ffff::1]:8181 86400 0;");
    assert_string_equal(read_all("http%2F1.1=\":8\", http/1.1=\":9\""),
                        "h1 :8 86400 0;h1 :9 86400 0;");
    assert_string_equal(read_all(",, h2=\":1\",,"), "h2 :1 86400 0;");
}

static void parameters_belong_to_their_offer(void **state)
{
    (void)state;
    assert_string_equal(read_all("h2=\":1\"; ma=5; persist=1, h3=\":2\""),
                        "h2 :1 5 1;h3 :2 86400 0;");
}

static void unknown_protocols_are_offers_of_no_use(void **state)
{
    (void)state;
    assert_string_equal(read_all("h1=\"a:81\", un-kno22!wn=\":82\", h2=\":83\""),
                        "h1 a:81 86400 0;? :82 86400 0;h2 :83 86400 0;");
}

static void clear_is_the_last_word(void **state)
{
    (void)state;
    assert_string_equal(read_all("clear"), "clear;");
    assert_string_equal(read_all(" Clear ; h2=\":1\""), "clear;");
}

static void what_makes_no_sense_ends_it(void **state)
{
    static const char *const fields[] = {
        "",
        "h1",
        "h1=",
        "h1=a:1",
        "h1=\"a:1",
        "h1=\"a\"",
        "h1=\"a:\"",
        "h1=\"a:0\"",
        "h1=\"a:-1\"",
        "h1=\"a:70000\"",
        "h1=\"a:x\"",
        "h1=\"a b:1\"",
        "h1=\"a\tb:1\"",
        "=\":1\"",
        "h1=\":18446744073709551617\"",
        "h1=\":1\" x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        assert_string_equal(read_all(fields[i]), "");
    assert_string_equal(read_all("h2=\":1\", h1=\"a:0\", h3=\":2\""), "h2 :1 86400 0;");
}

static void lines_are_read_and_written_alike(void **state)
{
    static const char *const lines[] = {
        "h2 example.com 443 h3 shiny.example.com 8443 \"20991231 00:00:00\" 0 0\n",
        "h1 [::1] 8080 h1 [fe80::1] 81 \"20291231 23:30:09\" 1 0\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct altsvc_entry e;
        scoped(buf) b = {0};
        assert_true(altsvc_parse_line(str_of(lines[i]), &e));
        assert_true(altsvc_append_line(&b, &e));
        assert_string_equal(b.bytes, lines[i]);
    }
}

static void blanks_around_a_line_do_no_harm(void **state)
{
    struct altsvc_entry e;

    (void)state;
    assert_true(altsvc_parse_line(STR("\t h3 a.b 443 h1 c 8443   \"20231231 00:00:00\" 0 0 "), &e));
    assert_str(e.from_host, "a.b");
    assert_int_equal(e.from_protocol, CURLALTSVC_H3);
    assert_int_equal(e.protocol, CURLALTSVC_H1);
    assert_int_equal(e.expires, 1703980800);
}

static void lines_that_are_none_are_left_out(void **state)
{
    static const char *const lines[] = {
        "",
        "# h1 a 1 h1 b 2 \"20991231 00:00:00\" 0 0",
        "bad a 1 h1 b 2 \"20991231 00:00:00\" 0 0",
        "h1 a 1 h9 b 2 \"20991231 00:00:00\" 0 0",
        "h1 a 0 h1 b 2 \"20991231 00:00:00\" 0 0",
        "h1 a 1 h1 b 65536 \"20991231 00:00:00\" 0 0",
        "h1 a 1 h1 b 2 \"20290222 22:19:028\" 0 0",
        "h1 a 1 h1 b 2 20991231 00:00:00 0 0",
        "h1 a 1 h1 b 2 \"20991231 00:00:00\" 2 0",
        "h1 a 1 h1 b 2 \"20991231 00:00:00\" 0",
        "h1 a\"b 1 h1 b 2 \"20991231 00:00:00\" 0 0",
        "rubbish",
    };
    struct altsvc_entry e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_false(altsvc_parse_line(str_of(lines[i]), &e));
}

static void hosts_are_equal_without_case_and_last_dot(void **state)
{
    (void)state;
    assert_true(altsvc_same_host(STR("a.Test"), STR("A.test.")));
    assert_false(altsvc_same_host(STR("a.test"), STR("b.test")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_are_read_with_their_parameters),
        cmocka_unit_test(parameters_belong_to_their_offer),
        cmocka_unit_test(unknown_protocols_are_offers_of_no_use),
        cmocka_unit_test(clear_is_the_last_word),
        cmocka_unit_test(what_makes_no_sense_ends_it),
        cmocka_unit_test(lines_are_read_and_written_alike),
        cmocka_unit_test(blanks_around_a_line_do_no_harm),
        cmocka_unit_test(lines_that_are_none_are_left_out),
        cmocka_unit_test(hosts_are_equal_without_case_and_last_dot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
