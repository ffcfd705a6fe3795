/* SPDX-License-Identifier: MIT */
#include "wire/connect_to.h"

#include "wire_test.h"

#include <stdio.h>

/* Where a.test:80 goes: "host:port", or the port that is none. */
static const char *where(const char *entry, CURLcode expected)
{
    static char text[128];
    char copy[128];
    struct curl_slist list = {.data = copy};
    scoped(buf) host = {0};
    struct str bad = {0};
    int port = 80;

    snprintf(copy, sizeof copy, "%s", entry);
    assert_int_equal(connect_to_find(&list, STR("a.test"), 80, &host, &port, &bad), expected);
    if (expected)
        snprintf(text, sizeof text, "%.*s", (int)bad.len, bad.at);
    else
        snprintf(text, sizeof text, "%s:%d", buf_text(&host), port);
    return text;
}

static void matching_entry_says_where(void **state)
{
    (void)state;
    assert_string_equal(where("a.test:80:b.test:81", CURLE_OK), "b.test:81");
    assert_string_equal(where("A.TEST::b.test:", CURLE_OK), "b.test:80");
    assert_string_equal(where(":::81", CURLE_OK), ":81");
    assert_string_equal(where("::[::1]:81", CURLE_OK), "::1:81");
    assert_string_equal(where("::b.test", CURLE_OK), "b.test:80");
}

static void other_entries_say_nothing(void **state)
{
    (void)state;
    assert_string_equal(where("b.test:80:c.test:81", CURLE_OK), ":80");
    assert_string_equal(where("a.test:81:c.test:81", CURLE_OK), ":80");
    assert_string_equal(where("b.test:80:c.test:x", CURLE_OK), ":80");
    assert_string_equal(where(":x:c.test:81", CURLE_OK), ":80");
    assert_string_equal(where("::[::1:81", CURLE_OK), ":80");
    assert_string_equal(where("nothing", CURLE_OK), ":80");
}

static void port_that_is_none_is_told(void **state)
{
    (void)state;
    assert_string_equal(where("::b.test:c.test", CURLE_SETOPT_OPTION_SYNTAX), "c.test");
    assert_string_equal(where("::b.test:99999", CURLE_SETOPT_OPTION_SYNTAX), "99999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matching_entry_says_where),
        cmocka_unit_test(other_entries_say_nothing),
        cmocka_unit_test(port_that_is_none_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
