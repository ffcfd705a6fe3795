/* SPDX-License-Identifier: MIT */
#include "wire/gopher.h"

#include "wire_test.h"

static void expect(const char *path, const char *query, const char *line)
{
    scoped(buf) out = {0};

    assert_int_equal(gopher_append_selector(&out, str_of(path), str_of(query)), CURLE_OK);
    assert_string_equal(buf_text(&out), line);
}

static void selector_is_behind_the_type(void **state)
{
    (void)state;
    expect("/1/selector", NULL, "/selector\r\n");
    expect("/1/sel%20x%09query", NULL, "/sel x\tquery\r\n");
    expect("/12345", NULL, "2345\r\n");
    expect("/1/a", "b%41", "/a?bA\r\n");
    expect("/", "q", "q\r\n");
}

static void without_one_the_line_is_empty(void **state)
{
    (void)state;
    expect(NULL, NULL, "\r\n");
    expect("/", NULL, "\r\n");
    expect("/1", NULL, "\r\n");
}

static void line_ends_and_zeros_are_refused(void **state)
{
    static const char *const paths[] = {"/1/a%0db", "/1/a%0Ab", "/1/a%00b", "/1%0a"};
    scoped(buf) out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(gopher_append_selector(&out, str_of(paths[i]), STR("")),
                         CURLE_URL_MALFORMAT);
    assert_int_equal(gopher_append_selector(&out, STR("/1/a"), STR("b%0d%0ac")),
                     CURLE_URL_MALFORMAT);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selector_is_behind_the_type),
        cmocka_unit_test(without_one_the_line_is_empty),
        cmocka_unit_test(line_ends_and_zeros_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
