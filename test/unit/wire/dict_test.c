/* SPDX-License-Identifier: MIT */
#include "wire/dict.h"

#include "wire_test.h"

static void expect(const char *path, const char *line)
{
    scoped(buf) out = {0};

    assert_int_equal(dict_append_command(&out, str_of(path)), CURLE_OK);
    assert_string_equal(buf_text(&out), line);
}

static void definitions_are_asked_for(void **state)
{
    (void)state;
    expect("/d:word", "DEFINE ! word\r\n");
    expect("/DEFINE:word:db", "DEFINE db word\r\n");
    expect("/lookup:word:db:4:more", "DEFINE db word\r\n");
    expect("/d:", "DEFINE ! default\r\n");
    expect("/d:w::", "DEFINE ! w\r\n");
}

static void matches_are_asked_for(void **state)
{
    (void)state;
    expect("/m:word", "MATCH ! . word\r\n");
    expect("/Match:word:db:soundex", "MATCH db soundex word\r\n");
    expect("/find:w:*:", "MATCH * . w\r\n");
}

static void other_commands_are_said_as_they_are(void **state)
{
    (void)state;
    expect("/show:db", "show db\r\n");
    expect("/show:info:d%62", "show info db\r\n");
    expect("/d", "d\r\n");
    expect("/", "\r\n");
    expect("", "\r\n");
    expect("/:::", "   \r\n");
}

static void words_are_escaped(void **state)
{
    (void)state;
    expect("/d:a%20b%22%5c%27:d%20b", "DEFINE d\\ b a\\ b\\\"\\\\\\'\r\n");
    expect("/d:%c3%a4%7f", "DEFINE ! \\\303\\\244\\\177\r\n");
}

static void control_characters_are_refused(void **state)
{
    static const char *const paths[] = {"/d:a%0d%0aQUIT", "/d:a%00", "/show%09db", "/m:a:%0a"};
    scoped(buf) out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(dict_append_command(&out, str_of(paths[i])), CURLE_URL_MALFORMAT);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_are_asked_for),
        cmocka_unit_test(matches_are_asked_for),
        cmocka_unit_test(other_commands_are_said_as_they_are),
        cmocka_unit_test(words_are_escaped),
        cmocka_unit_test(control_characters_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
